/*
 * SECTION records say what lost threads did with a lock next to a fork, and what kept that away
 * from it. After a fork the threads themselves say so, in the parent, when each comes to a lock
 * for the first time; before it their tables do, in the child, when that takes the lock.
 */
#ifndef FORKCHECK_RECORD_SECTIONS_H
#define FORKCHECK_RECORD_SECTIONS_H

#include "common/log_format.h"
#include "shim.h"

struct thread;

/* `how`: bits of enum taken_flag. The calling thread has just taken the lock; its slot is not
 * yet opened. */
void sections_taken(struct thread *thread, const void *lock, enum lock_kind kind, uint32_t how,
		    struct call_site site);
/* It is about to give it back. */
void sections_released(struct thread *thread, const void *lock);
/* It is about to wait for a condition, and gives the mutex up; and is back from that. */
void sections_wait(struct thread *thread);
void sections_waited(struct thread *thread, const void *mutex, enum lock_kind kind,
		     struct call_site site);

/* The calling thread enters a part of libc that it was not in since moment `closing`. */
void sections_region(struct thread *thread, enum region region, uint64_t closing,
		     struct call_site site);

/* In a child that has taken the lock: what each lost thread did with it before. */
void sections_lost(const void *lock, enum lock_kind kind);

#endif
