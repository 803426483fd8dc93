/*
 * What all families of locks have in common. A new family is one file beside
 * this one and one line in the table below.
 */
#ifndef FORKCHECK_LOCK_H
#define FORKCHECK_LOCK_H

#include "shim.h"
#include "state/held.h"

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
	/* Belongs to several processes: a fork orphans nothing. `lock` is not to be read. */
	bool (*is_shared)(const void *lock, const void *state);
	/* Who waits for it is woken by its own process only: in shared memory, too, another
	 * process that gives it back wakes nobody here. NULL: never. */
	bool (*wakes_own_only)(const void *state);
	/* The forking thread can give it back in the child, under its new id. */
	bool (*crosses_fork)(const void *state);
};

/* The table. */
#define LOCK_FAMILIES(X)                                                                           \
	X(LOCK_MUTEX, mutex_family)                                                                \
	X(LOCK_RWLOCK, rwlock_family)                                                              \
	X(LOCK_MTX, mtx_family)                                                                    \
	X(LOCK_SPIN, spin_family)                                                                  \
	X(LOCK_GUARD, guard_family)

#define X(kind, family) extern const struct lock_family family;
LOCK_FAMILIES(X)
#undef X

/* Index: kind. */
extern const struct lock_family *const lock_families[LOCK_KINDS] HIDDEN;

const struct lock_family *lock_family(enum lock_kind kind);

/*
 * Does the lock of an open slot belong to thread `tid`, by the lock's own
 * word? `state` (SESSION_LOCK_STATE_MAX bytes, may be NULL) gets the bytes.
 */
bool lock_is_held(const struct held_slot *slot, enum lock_kind kind, pid_t tid, void *state);

/*
 * In a process that inherits, around a real call for which no WAIT record was written: this
 * thread may have the lock from before its slot says so.
 */
void lock_asks(struct thread *thread, const void *lock);
void lock_asked(struct thread *thread);

/*
 * Around a real call that may take a lock, for families whose wrappers return.
 * lock_ask() goes before it; lock_answered() after it, with what it returned in
 * the terms of errno.h. Both leave errno alone.
 */
session_reference lock_ask(struct thread *thread, const void *lock, enum lock_kind kind,
			   enum lock_operation operation);
void lock_answered(struct thread *thread, const void *lock, enum lock_kind kind,
		   enum lock_operation operation, session_reference wait, int result,
		   struct call_site site);

/* Around a real call that gives one back. */
void lock_give_back(struct thread *thread, const void *lock);
void lock_given_back(struct thread *thread, const void *lock, int result);

/* After a real call that made one, and before one that destroys it. */
void lock_made(struct thread *thread, const void *lock, bool is_private, struct call_site site);
void lock_unmade(struct thread *thread, const void *lock);

/* Readers do not keep a reader out, and one thread may read more than once. */
static inline bool is_for_reading(enum lock_operation operation)
{
	return operation >= OPERATION_READ_LOCK && operation <= OPERATION_READ_CLOCKLOCK;
}

/* Where locks were initialised, for naming those that have no symbol, and
 * whether for one process only. */
void lock_initialised(struct thread *thread, const void *lock, bool is_private,
		      struct call_site site);
void lock_forgotten(const void *lock);
session_reference lock_initialised_at(const void *lock);
/* True when the lock is known to have been initialised for one process only. */
bool lock_initialised_private(const void *lock);

#endif
