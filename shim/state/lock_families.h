/*
 * What all families of locks have in common, as the locks' own bytes say it: who has a
 * lock, whose it is, whether it can be given back on the other side of a fork. A new family
 * is its row in common/lock_list.h, its bytes in common/glibc/, and its wrappers.
 */
#ifndef FORKCHECK_STATE_LOCK_FAMILIES_H
#define FORKCHECK_STATE_LOCK_FAMILIES_H

#include "common/glibc/lock_bytes.h"
#include "state/held_table.h"

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
