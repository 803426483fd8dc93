/*
 * The table of initialised locks is kept here, in any thread and without a lock; one that is
 * written over was about another lock.
 */
#include "state/initialised_locks.h"
#include "state/capture.h"

#define PROBES 4

/* No kept_fact has this bit, so that it is free for another one. */
#define PRIVATE 0x80000000u

/* High half: tag of the lock's address; low half: where it was made (a STACK) and PRIVATE.
 * One word each, so that racing writers cannot mix two locks. */
static _Atomic uint64_t initialised[INITIALISED_LOCKS];

static uint64_t tag_of(const void *lock, uint32_t *index)
{
	uint64_t hash = hash_mix(HASH_SEED, (uintptr_t)lock);

	*index = (uint32_t)hash % INITIALISED_LOCKS;
	return hash >> 32 << 32;
}

static _Atomic uint64_t *find_entry(uint32_t index, uint64_t tag)
{
	for (uint32_t probe = 0; probe < PROBES; probe++) {
		_Atomic uint64_t *entry = &initialised[(index + probe) % INITIALISED_LOCKS];
		uint64_t found = atomic_load_explicit(entry, memory_order_relaxed);

		if (found && (found & ~(uint64_t)UINT32_MAX) == tag)
			return entry;
	}
	return NULL;
}

static _Atomic uint64_t *choose_entry(uint32_t index)
{
	for (uint32_t probe = 0; probe < PROBES; probe++) {
		_Atomic uint64_t *entry = &initialised[(index + probe) % INITIALISED_LOCKS];

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

static uint32_t initialised_locks_facts_of(const void *lock)
{
	uint32_t index;
	uint64_t tag = tag_of(lock, &index);
	_Atomic uint64_t *entry = find_entry(index, tag);

	return entry ? (uint32_t)atomic_load_explicit(entry, memory_order_relaxed) : 0;
}

session_reference lock_initialised_at(const void *lock)
{
	return kept_reference(initialised_locks_facts_of(lock) & ~PRIVATE);
}

bool lock_initialised_private(const void *lock)
{
	return initialised_locks_facts_of(lock) & PRIVATE;
}
