/*
 * Work that a fork child hands to threads which it does not have: something is posted or
 * signalled that lost threads waited for at the fork, and nobody of the child takes it. What
 * each thread waits for stands in its block; all else happens in children.
 */
#ifndef FORKCHECK_RECORD_LOST_WORK_H
#define FORKCHECK_RECORD_LOST_WORK_H

#include "base/process.h"
#include "common/lock_list.h"
#include "state/thread.h"

/* Somebody of this process took from the object, or goes to wait for it. */
void lost_work_taken(const void *object);

/*
 * Around a real call that waits: which object, and the mutex that goes with it (NULL: none).
 * A signal handler that waits itself puts back what it interrupted.
 */
static inline struct awaited lost_work_wait_begins(struct thread *thread, const void *object,
						   const void *mutex)
{
	struct awaited outer = {NULL, NULL};

	if (!thread)
		return outer;
	outer = thread_awaited(thread);
	thread_await(thread, object, mutex);
	if (unlikely(process.inherits))
		lost_work_taken(object);
	return outer;
}

static inline void lost_work_wait_ends(struct thread *thread, struct awaited outer)
{
	if (thread)
		thread_await(thread, outer.object, outer.mutex);
}

/* Before a real call that gives; `to_all`: whoever waits is woken. In a child only. */
void lost_work_given(const void *object, enum lock_kind kind, bool to_all);
/* Before that, by the use that was noted last (see struct session_object; 0: none). Who gave last
 * and waits itself now has used the object as a lock, or for places that are given back. */
void lost_work_given_before(const void *object, uint64_t gave);
/* Each time: what it guards may have been looked at by somebody in between. */
static inline void lost_work_signalled(const void *condition, bool to_all)
{
	if (unlikely(process.inherits))
		lost_work_given(condition, LOCK_CONDITION, to_all);
}
/* It was made anew, or destroyed: what is given from now on is for others. */
void lost_work_remade(const void *object);

/* The process ends, or becomes another program: what nobody took by now is lost. */
void lost_work_at_end(void);

#endif
