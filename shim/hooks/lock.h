/*
 * What the wrappers of all families of locks have in common: the same steps before and
 * after the real call.
 */
#ifndef FORKCHECK_HOOKS_LOCK_H
#define FORKCHECK_HOOKS_LOCK_H

#include "state/held.h"
#include "state/initialised_locks.h"
#include "state/lock_families.h"

/*
 * In a process that inherits, around a real call for which no WAIT record was written: this
 * thread may have the lock from before its slot says so.
 */
void lock_acquire_begins(struct thread *thread, const void *lock);
void lock_acquire_ends(struct thread *thread);

/* After a call that may have come back without the lock: where a handler of fork() asks again
 * and again, the CLI is to see it. */
void lock_tried(struct thread *thread, const void *lock, enum lock_kind kind, int result);

/*
 * Around a real call that may take a lock, for families whose wrappers return.
 * lock_before_acquire() goes before it; lock_after_acquire() after it, with what it returned in
 * the terms of errno.h. Both leave errno alone.
 */
session_reference lock_before_acquire(struct thread *thread, const void *lock, enum lock_kind kind,
				      enum lock_operation operation);
void lock_after_acquire(struct thread *thread, const void *lock, enum lock_kind kind,
			enum lock_operation operation, session_reference wait, int result,
			struct call_site site);

/* Beside the bits of enum taken_flag, and in no record: by a call that never waits. */
#define LOCK_TRIED (1u << 31)

/* Opens the slot of a lock that the thread has from now on. */
void lock_taken(struct thread *thread, const void *lock, enum lock_kind kind, enum held_mode mode,
		uint32_t how, struct call_site site);
/* Bits of enum taken_flag. */
uint32_t lock_how(enum lock_operation operation);
/* What is at its address is another one from now on. */
void lock_remade(struct thread *thread, const void *lock);

/* Around a real call that gives one back; what the first returns is for the second. */
uint64_t lock_before_release(struct thread *thread, const void *lock);
void lock_after_release(struct thread *thread, const void *lock, uint64_t closing, int result);

/* After a real call that made one, and before one that destroys it. */
void lock_made(struct thread *thread, const void *lock, bool is_private, struct call_site site);
void lock_unmade(struct thread *thread, const void *lock);

#endif
