/*
 * The table of lock families, and the table of initialised locks.
 */
#include "lock.h"
#include "../capture.h"
#include "../log.h"
#include "../thread.h"

#define INITIALISED 16384
#define PROBES      4

static const struct lock_family *const families[LOCK_KINDS] = {
	[LOCK_MUTEX] = &mutex_family,
};

/* A log has fewer cells than this, so the bit is free for another fact. */
#define PRIVATE 0x80000000u

/* High half: tag of the lock's address; low half: STACK reference and PRIVATE.
 * One word each, so that racing writers cannot mix two locks. */
static _Atomic uint64_t initialised[INITIALISED];

const struct lock_family *lock_family(enum lock_kind kind)
{
	return kind < LOCK_KINDS ? families[kind] : NULL;
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
	return memory_read(state, lock, family->size) == family->size &&
	       family->owner(state) == tid;
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
	session_reference stack = capture_stack_once(thread, site);
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
	return facts_of(lock) & ~PRIVATE;
}

bool lock_initialised_private(const void *lock)
{
	return facts_of(lock) & PRIVATE;
}
