/*
 * What a fork child takes of the locks that threads which it does not have had used.
 * One of them may have it held at the next fork from the same line.
 */
#ifndef FORKCHECK_RECORD_TAKEN_H
#define FORKCHECK_RECORD_TAKEN_H

#include "base/process.h"

struct thread;

/* In a process that inherits: the thread has just taken the lock. */
void taken_note(struct thread *thread, const void *lock, enum lock_kind kind, uint32_t how,
		struct call_site site);
/* The same with a part of libc that it has entered. */
void taken_note_region(struct thread *thread, enum region region, struct call_site site);

/* The same: the lock was made anew. What is taken from now on is another one. */
void taken_made(const void *lock);

/* At the start of a child. */
static inline void taken_in_child(void)
{
	atomic_store_explicit(&process.used_locks, 0, memory_order_relaxed);
}

#endif
