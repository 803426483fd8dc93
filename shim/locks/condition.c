/*
 * Condition waits give the mutex up and take it back. Nothing is unwound here:
 * while a thread waits, its slot stays open and the mutex's own word says that
 * it is not the owner; a cancelled wait takes the mutex back inside libc.
 */
#include "../held.h"
#include "../real.h"
#include "../thread.h"
#include "lock.h"

/* The time of the acquisition is not known until the wait returns, which a
 * cancelled one does not. */
static struct held_slot *give_up(struct thread *thread, pthread_mutex_t *mutex)
{
	struct held_slot *slot = thread ? held_find(thread, mutex) : NULL;

	if (slot)
		thread->held.flags[held_number(&thread->held, slot)] |= HELD_WHILE_WAITING;
	return slot;
}

static void take_back(struct thread *thread, struct held_slot *slot, pthread_mutex_t *mutex)
{
	/* A signal handler may have reused the slot. */
	if (!slot || held_lock(slot) != mutex)
		return;
	slot->since = time_coarse();
	thread->held.flags[held_number(&thread->held, slot)] &= (uint8_t)~HELD_WHILE_WAITING;
}

EXPORT int pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex)
{
	struct thread *thread;
	struct held_slot *slot;
	int result;

	real_ensure();
	thread = thread_current();
	slot = give_up(thread, mutex);
	result = real.pthread_cond_wait(condition, mutex);
	take_back(thread, slot, mutex);
	return result;
}

EXPORT int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex,
				  const struct timespec *until)
{
	struct thread *thread;
	struct held_slot *slot;
	int result;

	real_ensure();
	thread = thread_current();
	slot = give_up(thread, mutex);
	result = real.pthread_cond_timedwait(condition, mutex, until);
	take_back(thread, slot, mutex);
	return result;
}

EXPORT int pthread_cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex,
				  clockid_t clock, const struct timespec *until)
{
	struct thread *thread;
	struct held_slot *slot;
	int result;

	real_ensure();
	if (!real.pthread_cond_clockwait)
		return ENOSYS;
	thread = thread_current();
	slot = give_up(thread, mutex);
	result = real.pthread_cond_clockwait(condition, mutex, clock, until);
	take_back(thread, slot, mutex);
	return result;
}
