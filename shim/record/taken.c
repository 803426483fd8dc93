/*
 * TAKEN records say which locks of lost threads a child takes. Which locks the lost threads
 * had used is asked of their tables when the child takes its first lock, and not at the fork:
 * most children take none.
 */
#include "record/taken.h"
#include "base/process.h"
#include "log/log.h"
#include "record/python_frames.h"
#include "state/capture.h"
#include "state/lock_families.h"
#include "state/thread.h"
#include <string.h>

#define BITS 4096

/* A bit for each lock that a lost thread has in a slot, open or not, and that was not yet
 * seen to be taken here. Two locks may share one: then a record more is written, or one less. */
static _Atomic uint64_t used[BITS / 64];

/* Of locks that one child asks the log about: each may be a page of it to touch. */
#define TAKEN_MAX 128
static _Atomic uint32_t noted;

/* process.used_locks */
enum { USED_UNKNOWN, USED_ASKED, USED_KNOWN };

static uint32_t taken_bit_of(const void *lock)
{
	return (uint32_t)(hash_mix(HASH_SEED, (uintptr_t)lock) >> 40) % BITS;
}

/* Returns whether it was set. */
static bool clear_bit(const void *lock)
{
	uint32_t bit = taken_bit_of(lock);
	uint64_t mask = (uint64_t)1 << bit % 64;

	if (!(atomic_load_explicit(&used[bit / 64], memory_order_relaxed) & mask))
		return false;
	return atomic_fetch_and_explicit(&used[bit / 64], ~mask, memory_order_relaxed) & mask;
}

static bool add_used(struct thread *thread, void *data)
{
	const struct held_slot *slot;

	(void)data;
	for (uint32_t cursor = 0; thread_is_lost(thread) && (slot = held_next(thread, &cursor));) {
		uint32_t bit = taken_bit_of(held_lock(slot));

		if (held_lock(slot))
			atomic_fetch_or_explicit(&used[bit / 64], (uint64_t)1 << bit % 64,
						 memory_order_relaxed);
	}
	return true;
}

/* Another thread, or a handler that interrupted it, goes on without while one asks. */
static bool taken_is_known(void)
{
	uint32_t state = USED_UNKNOWN;

	if (!atomic_compare_exchange_strong(&process.used_locks, &state, USED_ASKED))
		return state == USED_KNOWN;
	for (size_t i = 0; i < BITS / 64; i++)
		atomic_store_explicit(&used[i], 0, memory_order_relaxed);
	atomic_store_explicit(&noted, 0, memory_order_relaxed);
	thread_each(add_used, NULL);
	atomic_store(&process.used_locks, USED_KNOWN);
	return true;
}

static bool is_shared(const void *lock, enum lock_kind kind)
{
	const struct lock_family *family = lock_family(kind);
	_Alignas(16) unsigned char state[SESSION_LOCK_STATE_MAX];

	memcpy(state, lock, family->size);
	return lock_is_shared(family, lock, state);
}

/* Forks from the same line are one: with other threads they have FORK records of their own. */
static session_reference find_known(const void *lock, enum lock_kind kind, struct call_site site,
				    struct intern_place *place)
{
	const struct record_fork *fork = log_record(process.fork);
	uint64_t hash = hash_mix(HASH_SEED, RECORD_TAKEN);

	hash = hash_mix(hash, (uint64_t)process.image << 32 | fork->stack);
	hash = hash_mix(hash, (uintptr_t)lock);
	hash = hash_mix(hash, (uintptr_t)site.address);
	return log_find(hash_mix(hash, kind), place);
}

static void record_taken(struct thread *thread, const void *lock, enum lock_kind kind,
			 struct call_site site)
{
	session_reference reference, who, stack, python;
	struct record_taken *record;
	struct intern_place place;

	if (find_known(lock, kind, site, &place))
		return;
	who = thread_record(thread);
	stack = capture_stack(thread);
	python = python_capture(thread, thread->capture_sp);
	record = log_claim(sizeof(*record), &reference);
	if (!record)
		return;
	record->fork = process.fork;
	record->thread = who;
	record->stack = stack;
	record->python = python;
	record->lock = (uintptr_t)lock;
	record->site = (uintptr_t)site.address;
	record->kind = kind;
	record->flags = thread->fork_depth ? TAKEN_FROM_HANDLER : 0;
	log_commit(record, RECORD_TAKEN);
	log_publish(&place, reference);
}

COLD void taken_note(struct thread *thread, const void *lock, enum lock_kind kind,
		     struct call_site site)
{
	int saved = errno;

	if (process.fork && taken_is_known() && clear_bit(lock) && !is_shared(lock, kind) &&
	    atomic_fetch_add_explicit(&noted, 1, memory_order_relaxed) < TAKEN_MAX)
		record_taken(thread, lock, kind, site);
	errno = saved;
}

COLD void taken_made(const void *lock)
{
	if (process.fork && taken_is_known())
		clear_bit(lock);
}
