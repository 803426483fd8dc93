/*
 * What a thread holds, or held last: a table of call sites that only its own
 * thread writes.
 *
 * A slot is a claim, not a proof. It is written before the lock is asked for
 * (so that the real call can be jumped to) and closed before the lock is given
 * back; whether the lock was held at a clone is read from the lock's own word,
 * in the child's frozen copy. An entry that the word contradicts is dropped.
 */
#ifndef FORKCHECK_HELD_H
#define FORKCHECK_HELD_H

#include "session.h"
#include "shim.h"

struct thread;

#define HELD_SLOTS  64
#define HELD_PROBES 4

/* 32 bytes: two to a cache line. */
struct held_slot {
	/* The lock's address. Bit 0 set: a lock that counts (HELD_COUNTED). */
	uintptr_t lock;
	const void *site;
	const void *sp;
	uint64_t since; /* 0: given back */
};

struct held_table {
	uint64_t used; /* slots that were ever written */
	uint32_t overflowed;
	uint8_t kinds[HELD_SLOTS];
	uint8_t flags[HELD_SLOTS]; /* enum held_flag */
	_Alignas(64) struct held_slot slots[HELD_SLOTS];
};

static inline uint32_t held_index(const void *lock)
{
	uintptr_t address = (uintptr_t)lock;

	return (uint32_t)(address >> 3 ^ address >> 9) & (HELD_SLOTS - 1);
}

/* True when the slot says: same lock, same call, same depth; only the time is to be renewed. */
static inline bool held_matches(const struct held_slot *slot, const void *lock,
				struct call_site site)
{
	return slot->lock == (uintptr_t)lock && slot->site == site.address && slot->sp == site.sp;
}

enum held_mode {
	HELD_PLAIN,
	HELD_COUNTED, /* can be taken again by its owner: giving it back once is not the end */
};

/* Opens a slot for a lock that is about to be, or was just, acquired. */
struct held_slot *held_open(struct thread *thread, const void *lock, enum lock_kind kind,
			    enum held_mode mode, struct call_site site);
/* Closes the slot of a lock. */
void held_close(struct thread *thread, const void *lock);
/* The open slot of a lock, or NULL. */
struct held_slot *held_find(struct thread *thread, const void *lock);

/* The lock was made anew: what the table knows of it is about another one. */
void held_forget(struct thread *thread, const void *lock);

/*
 * Writes a HELD record for a slot whose lock's bytes are in `state` (interned).
 * `fork` is the FORK record of the clone in question.
 */
session_reference held_record(struct thread *holder, uint32_t slot, session_reference fork,
			      uint32_t flags, const void *state, size_t length);

#endif
