/*
 * What all families of locks have in common. A new family is one file beside
 * this one and one line in the table of lock.c.
 */
#ifndef FORKCHECK_LOCK_H
#define FORKCHECK_LOCK_H

#include "../held.h"
#include "../shim.h"

struct lock_family {
	enum lock_kind kind;
	size_t size; /* bytes of the lock that say who holds it; at most SESSION_LOCK_STATE_MAX */
	/* The thread that these bytes name as owner; 0: nobody. */
	pid_t (*owner)(const void *state);
	/* Belongs to several processes: a fork orphans nothing. `lock` is not to be read. */
	bool (*is_shared)(const void *lock, const void *state);
	/* The forking thread can give it back in the child, under its new id. */
	bool (*crosses_fork)(const void *state);
};

extern const struct lock_family mutex_family;

const struct lock_family *lock_family(enum lock_kind kind);

/*
 * Does the lock of an open slot belong to thread `tid`, by the lock's own
 * word? `state` (SESSION_LOCK_STATE_MAX bytes, may be NULL) gets the bytes.
 */
bool lock_is_held(const struct held_slot *slot, enum lock_kind kind, pid_t tid, void *state);

/* Where locks were initialised, for naming those that have no symbol, and
 * whether for one process only. */
void lock_initialised(struct thread *thread, const void *lock, bool is_private,
		      struct call_site site);
void lock_forgotten(const void *lock);
session_reference lock_initialised_at(const void *lock);
/* True when the lock is known to have been initialised for one process only. */
bool lock_initialised_private(const void *lock);

#endif
