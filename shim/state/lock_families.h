/*
 * What all families of locks have in common, as the locks' own bytes say it: who has a
 * lock, whose it is, whether it can be given back on the other side of a fork. A new family
 * is one row of the table in lock_families.c, its layout in common/, and its wrappers.
 */
#ifndef FORKCHECK_STATE_LOCK_FAMILIES_H
#define FORKCHECK_STATE_LOCK_FAMILIES_H

#include "state/held_table.h"

enum lock_sharing {
	LOCK_PRIVATE, /* to one process */
	LOCK_SHARED,  /* by several */
	/* The bytes do not say: shared, unless it was seen to be made for one process. */
	LOCK_SHARED_UNLESS_MADE_PRIVATE,
};

struct lock_family {
	enum lock_kind kind;
	size_t size; /* bytes of the lock that say who holds it; at most SESSION_LOCK_STATE_MAX */
	/* The thread that these bytes name as owner; 0: nobody. */
	pid_t (*owner)(const void *state);
	/* How many have taken it without being named; NULL: an owner is always named. For
	 * those a slot is opened once the lock is had, so that an open slot is true as long as
	 * somebody has it. */
	uint32_t (*takers)(const void *state);
	/* Has somebody taken it who is not named and not counted: the name comes later, and goes
	 * earlier. NULL: there is no such moment. */
	bool (*is_taken)(const void *state);
	/* Of a lock that names nobody: must readers wait? NULL: they need not. */
	bool (*keeps_readers_out)(const void *state);
	/* Has takers, but names who has it for writing: HELD_NAMED. */
	bool names_writers;
	/* Whose it is: of what several processes share a fork orphans nothing. */
	enum lock_sharing (*sharing)(const void *state);
	/* Who waits for it is woken by its own process only: in shared memory, too, another
	 * process that gives it back wakes nobody here. NULL: never. */
	bool (*wakes_own_only)(const void *state);
	/* The forking thread can give it back in the child, under its new id. */
	bool (*crosses_fork)(const void *state);
};

/* NULL: the kind has no owners that could be lost. */
const struct lock_family *lock_family(enum lock_kind kind);

/*
 * Does the lock of an open slot belong to thread `tid`, by the lock's own
 * word? `state` (SESSION_LOCK_STATE_MAX bytes, may be NULL) gets the bytes.
 */
bool lock_is_held(const struct held_slot *slot, enum lock_kind kind, pid_t tid, void *state);

/* Belongs to several processes. `lock` is not read: it may be gone. */
bool lock_is_shared(const struct lock_family *family, const void *lock, const void *state);

/* Readers do not keep a reader out, and one thread may read more than once. */
static inline bool is_for_reading(enum lock_operation operation)
{
	return operation >= OPERATION_READ_LOCK && operation <= OPERATION_READ_CLOCKLOCK;
}

#endif
