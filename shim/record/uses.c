/*
 * USE and ATFORK facts, who uses threads, locks and handlers, are kept here; those of locks,
 * in a fork child, are written at once.
 */
#include "record/uses.h"
#include "base/process.h"
#include "log/kept_facts.h"
#include "log/log.h"
#include "state/thread.h"

static void record_lock(uintptr_t address, uintptr_t lock)
{
	uint64_t hash = hash_mix(hash_mix(HASH_SEED, RECORD_USE), process.image);
	struct intern_place place;
	session_reference reference;
	struct record_use *record;

	hash = hash_mix(hash_mix(hash, USE_LOCK), address);
	if (log_find(hash_mix(hash, lock), &place))
		return;
	record = log_claim(sizeof(*record), &reference);
	if (!record)
		return;
	record->image = process.image;
	record->kind = USE_LOCK;
	record->stack = 0;
	record->address = address;
	record->lock = lock;
	log_commit(record, RECORD_USE);
	log_publish(&place, reference);
}

void use_record_creation(const struct thread *thread)
{
	uintptr_t start =
		thread->start_c11 ? (uintptr_t)thread->start_c11 : (uintptr_t)thread->start;

	uint64_t hash = hash_mix(hash_mix(HASH_SEED, RECORD_USE), process.image);
	struct kept_place place;
	struct record_use *record;
	kept_fact fact;

	hash = hash_mix(hash_mix(hash, USE_THREAD), kept_identity(thread->created_at));
	fact = kept_find(hash_mix(hash, start), &place);
	if (fact) {
		kept_count(fact);
		return;
	}
	record = kept_claim(&place, sizeof(*record), &fact);
	if (!record)
		return;
	record->image = process.image;
	record->kind = USE_THREAD;
	record->stack = thread->created_at;
	record->address = start;
	record->lock = 0;
	kept_commit_pending(&place, record, RECORD_USE, fact);
}

bool use_record_locks(struct thread *thread, void *unused)
{
	const struct held_slot *slot;

	(void)unused;
	for (uint32_t cursor = 0; (slot = held_next(thread, &cursor));)
		if (slot->lock && slot->site)
			record_lock((uintptr_t)slot->site, (uintptr_t)held_lock(slot));
	return true;
}

void use_record_handlers(const void *site, void (*prepare)(void), void (*parent)(void),
			 void (*child)(void))
{
	uint64_t hash = hash_mix(hash_mix(HASH_SEED, RECORD_ATFORK), process.image);
	struct kept_place place;
	struct record_atfork *record;
	kept_fact fact;

	hash = hash_mix(hash_mix(hash, (uintptr_t)site), (uintptr_t)prepare);
	hash = hash_mix(hash_mix(hash, (uintptr_t)parent), (uintptr_t)child);
	if (kept_find(hash, &place))
		return;
	record = kept_claim(&place, sizeof(*record), &fact);
	if (!record)
		return;
	record->image = process.image;
	record->site = (uintptr_t)site;
	record->prepare = (uintptr_t)prepare;
	record->parent = (uintptr_t)parent;
	record->child = (uintptr_t)child;
	kept_commit_pending(&place, record, RECORD_ATFORK, fact);
}

/* Places whose record was made. */
#define FUTEX_SITES 16
static _Atomic uintptr_t futex_sites[FUTEX_SITES];

static COLD void keep_futex(uintptr_t site)
{
	uint64_t hash = hash_mix(hash_mix(HASH_SEED, RECORD_USE), process.image);
	struct kept_place place;
	struct record_use *record;
	kept_fact fact;

	if (kept_find(hash_mix(hash_mix(hash, USE_FUTEX), site), &place))
		return;
	record = kept_claim(&place, sizeof(*record), &fact);
	if (!record)
		return;
	record->image = process.image;
	record->kind = USE_FUTEX;
	record->stack = 0;
	record->address = site;
	record->lock = 0;
	kept_commit_pending(&place, record, RECORD_USE, fact);
}

void use_record_futex(const void *site)
{
	for (uint32_t i = 0; i < FUTEX_SITES; i++) {
		uintptr_t known = atomic_load_explicit(&futex_sites[i], memory_order_relaxed);

		if (known == (uintptr_t)site)
			return;
		if (known)
			continue;
		if (atomic_compare_exchange_strong(&futex_sites[i], &known, (uintptr_t)site))
			keep_futex((uintptr_t)site);
		return;
	}
}
