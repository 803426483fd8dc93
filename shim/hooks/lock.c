/*
 * What the wrappers of all families do, and the table of initialised locks.
 */
#include "hooks/lock.h"
#include "base/process.h"
#include "fork/child.h"
#include "log/kept_facts.h"
#include "log/log.h"
#include "state/capture.h"
#include "state/thread.h"

#define INITIALISED 16384
#define PROBES      4

/* No kept_fact has this bit, so that it is free for another one. */
#define PRIVATE 0x80000000u

/* High half: tag of the lock's address; low half: where it was made (a STACK) and PRIVATE.
 * One word each, so that racing writers cannot mix two locks. */
static _Atomic uint64_t initialised[INITIALISED];

const struct lock_family *lock_family(enum lock_kind kind)
{
	return kind < LOCK_KINDS ? lock_families[kind] : NULL;
}

bool lock_is_held(const struct held_slot *slot, enum lock_kind kind, pid_t tid, void *state)
{
	const struct lock_family *family = lock_family(kind);
	const void *lock = held_lock(slot);
	_Alignas(16) unsigned char copy[SESSION_LOCK_STATE_MAX];

	if (!lock || !slot->since || !family)
		return false;
	if (!state)
		state = copy;
	if (memory_read(state, lock, family->size) != family->size)
		return false;
	if (family->takers && !(slot->lock & SLOT_NAMED) && !family->owner(state))
		return family->takers(state) > 0;
	return family->owner(state) == tid;
}

static uint32_t wait_flags(enum lock_operation operation)
{
	switch (operation) {
	case OPERATION_TRYLOCK:
	case OPERATION_READ_TRYLOCK:
		return WAIT_TRY;
	case OPERATION_TIMEDLOCK:
	case OPERATION_CLOCKLOCK:
	case OPERATION_READ_TIMEDLOCK:
	case OPERATION_READ_CLOCKLOCK:
		return WAIT_TIMED;
	default:
		return 0;
	}
}

void lock_asks(struct thread *thread, const void *lock)
{
	atomic_fetch_add_explicit(&thread->asks_begun, 1, memory_order_relaxed);
	atomic_store_explicit(&thread->asks, lock, memory_order_release);
}

void lock_asked(struct thread *thread)
{
	if (process.inherits)
		atomic_store_explicit(&thread->asks, NULL, memory_order_release);
}

session_reference lock_ask(struct thread *thread, const void *lock, enum lock_kind kind,
			   enum lock_operation operation)
{
	session_reference wait;

	if (!process.inherits)
		return 0;
	wait = child_wait(thread, lock, kind, operation, wait_flags(operation));
	if (!wait)
		lock_asks(thread, lock);
	return wait;
}

static enum held_mode mode_of(enum lock_kind kind, enum lock_operation operation)
{
	return lock_families[kind]->names_writers && !is_for_reading(operation) ? HELD_NAMED
										: HELD_PLAIN;
}

void lock_answered(struct thread *thread, const void *lock, enum lock_kind kind,
		   enum lock_operation operation, session_reference wait, int result,
		   struct call_site site)
{
	int saved = errno;

	if (wait)
		child_wait_ended(wait, result);
	if (result == 0 && !(is_for_reading(operation) && held_again(thread, lock)))
		held_open(thread, lock, kind, mode_of(kind, operation), site);
	lock_asked(thread);
	errno = saved;
}

/* Afterwards the lock may be somebody else's, or gone. What a child inherited is its
 * business only once the call has succeeded. */
void lock_give_back(struct thread *thread, const void *lock)
{
	if (!process.inherits)
		held_close(thread, lock);
}

void lock_given_back(struct thread *thread, const void *lock, int result)
{
	int saved = errno;

	if (!process.inherits)
		return;
	if (result == 0)
		held_close(thread, lock);
	child_touch(thread, lock, OPERATION_UNLOCK, result);
	errno = saved;
}

void lock_made(struct thread *thread, const void *lock, bool is_private, struct call_site site)
{
	int saved = errno;

	held_forget(thread, lock);
	lock_initialised(thread, lock, is_private, site);
	if (process.inherits)
		child_touch(thread, lock, OPERATION_INIT, 0);
	errno = saved;
}

void lock_unmade(struct thread *thread, const void *lock)
{
	int saved = errno;

	lock_forgotten(lock);
	if (process.inherits)
		child_touch(thread, lock, OPERATION_DESTROY, 0);
	errno = saved;
}

static uint64_t tag_of(const void *lock, uint32_t *index)
{
	uint64_t hash = hash_mix(HASH_SEED, (uintptr_t)lock);

	*index = (uint32_t)hash % INITIALISED;
	return hash >> 32 << 32;
}

static _Atomic uint64_t *find_entry(uint32_t index, uint64_t tag)
{
	for (uint32_t probe = 0; probe < PROBES; probe++) {
		_Atomic uint64_t *entry = &initialised[(index + probe) % INITIALISED];
		uint64_t found = atomic_load_explicit(entry, memory_order_relaxed);

		if (found && (found & ~(uint64_t)UINT32_MAX) == tag)
			return entry;
	}
	return NULL;
}

static _Atomic uint64_t *choose_entry(uint32_t index)
{
	for (uint32_t probe = 0; probe < PROBES; probe++) {
		_Atomic uint64_t *entry = &initialised[(index + probe) % INITIALISED];

		if (!atomic_load_explicit(entry, memory_order_relaxed))
			return entry;
	}
	return &initialised[index];
}

void lock_initialised(struct thread *thread, const void *lock, bool is_private,
		      struct call_site site)
{
	uint32_t index;
	uint64_t tag = tag_of(lock, &index);
	kept_fact stack = capture_stack_once(thread, site, CAPTURE_INNERMOST);
	_Atomic uint64_t *entry = find_entry(index, tag);

	if (!entry)
		entry = choose_entry(index);
	atomic_store_explicit(entry, tag | stack | (is_private ? PRIVATE : 0),
			      memory_order_relaxed);
}

void lock_forgotten(const void *lock)
{
	uint32_t index;
	uint64_t tag = tag_of(lock, &index);
	_Atomic uint64_t *entry = find_entry(index, tag);

	if (entry)
		atomic_store_explicit(entry, 0, memory_order_relaxed);
}

static uint32_t facts_of(const void *lock)
{
	uint32_t index;
	uint64_t tag = tag_of(lock, &index);
	_Atomic uint64_t *entry = find_entry(index, tag);

	return entry ? (uint32_t)atomic_load_explicit(entry, memory_order_relaxed) : 0;
}

session_reference lock_initialised_at(const void *lock)
{
	return kept_reference(facts_of(lock) & ~PRIVATE);
}

bool lock_initialised_private(const void *lock)
{
	return facts_of(lock) & PRIVATE;
}
