/* Appends USE and ATFORK records. */
#include "uses.h"
#include "log.h"
#include "thread.h"

static void record_use(enum use_kind kind, session_reference stack, uintptr_t address,
		       uintptr_t lock)
{
	uint64_t hash = hash_mix(hash_mix(HASH_SEED, RECORD_USE), process.image);
	struct intern_place place;
	session_reference reference;
	struct record_use *record;

	hash = hash_mix(hash_mix(hash, (uint64_t)stack << 32 | kind), address);
	if (log_find(hash_mix(hash, lock), &place))
		return;
	record = log_claim(sizeof(*record), &reference);
	if (!record)
		return;
	record->image = process.image;
	record->kind = kind;
	record->stack = stack;
	record->address = address;
	record->lock = lock;
	log_commit(record, RECORD_USE);
	log_publish(&place, reference);
}

void use_record_creation(const struct thread *thread)
{
	uintptr_t start =
		thread->start_c11 ? (uintptr_t)thread->start_c11 : (uintptr_t)thread->start;

	record_use(USE_THREAD, thread->created_at, start, 0);
}

bool use_record_locks(struct thread *thread, void *unused)
{
	const struct held_slot *slot;

	(void)unused;
	for (uint32_t cursor = 0; (slot = held_next(thread, &cursor));)
		if (slot->lock && slot->site)
			record_use(USE_LOCK, 0, (uintptr_t)slot->site, (uintptr_t)held_lock(slot));
	return true;
}

void use_record_handlers(const void *site, void (*prepare)(void), void (*parent)(void),
			 void (*child)(void))
{
	uint64_t hash = hash_mix(hash_mix(HASH_SEED, RECORD_ATFORK), process.image);
	struct intern_place place;
	session_reference reference;
	struct record_atfork *record;

	hash = hash_mix(hash_mix(hash, (uintptr_t)site), (uintptr_t)prepare);
	hash = hash_mix(hash_mix(hash, (uintptr_t)parent), (uintptr_t)child);
	if (log_find(hash, &place))
		return;
	record = log_claim(sizeof(*record), &reference);
	if (!record)
		return;
	record->image = process.image;
	record->site = (uintptr_t)site;
	record->prepare = (uintptr_t)prepare;
	record->parent = (uintptr_t)parent;
	record->child = (uintptr_t)child;
	log_commit(record, RECORD_ATFORK);
	log_publish(&place, reference);
}
