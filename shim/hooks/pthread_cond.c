/*
 * The hooks of pthread_cond_*() see a wait give its mutex up and take it back; who waited and
 * who signalled last is noted, for a condition variable has no owner. Nothing is unwound here:
 * while a thread waits, its slot stays open and the mutex's own word says that it is not the
 * owner; a cancelled wait takes the mutex back inside libc.
 */
#include "base/process.h"
#include "base/real.h"
#include "common/arch/arch.h"
#include "hooks/condition.h"
#include "hooks/lock.h"
#include "record/lost_work.h"
#include "record/ownerless.h"
#include "state/held.h"
#include "state/schedule.h"
#include "state/thread.h"

/* The time of the acquisition is not known until the wait returns, which a
 * cancelled one does not. */
static struct held_slot *before_wait(struct thread *thread, pthread_mutex_t *mutex)
{
	struct held_slot *slot = thread ? held_find(thread, mutex) : NULL;

	if (slot)
		*held_flags(thread, slot) |= HELD_WHILE_WAITING;
	return slot;
}

static void pthread_cond_after_wait(struct thread *thread, struct held_slot *slot,
				    pthread_mutex_t *mutex)
{
	/* A signal handler may have reused the slot. */
	if (!slot || held_lock(slot) != mutex)
		return;
	slot->since = time_coarse();
	*held_flags(thread, slot) &= (uint8_t)~HELD_WHILE_WAITING;
	schedule_acquired(thread, mutex, LOCK_MUTEX, false,
			  (struct call_site){slot->site, slot->sp});
}

REAL_VERSION(ARCH_CONDITION_VERSION, int, pthread_cond_signal, (pthread_cond_t *));
REAL_VERSION(ARCH_CONDITION_VERSION, int, pthread_cond_broadcast, (pthread_cond_t *));
REAL_VERSION(ARCH_CONDITION_VERSION, int, pthread_cond_init,
	     (pthread_cond_t *, const pthread_condattr_t *));
REAL_VERSION(ARCH_CONDITION_VERSION, int, pthread_cond_destroy, (pthread_cond_t *));

EXPORT int pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex)
{
	struct call_site site = CALL_SITE();
	struct thread *thread;
	struct held_slot *slot;
	struct awaited outer;
	int result;

	real_ensure();
	thread = thread_current();
	slot = before_wait(thread, mutex);
	object_awaited(condition, LOCK_CONDITION, site.address);
	condition_wait_begins(thread, condition, mutex);
	outer = lost_work_wait_begins(thread, condition, mutex);
	result = real.pthread_cond_wait(condition, mutex);
	lost_work_wait_ends(thread, outer);
	condition_wait_ends(thread, condition, mutex, LOCK_MUTEX, site);
	pthread_cond_after_wait(thread, slot, mutex);
	return result;
}

EXPORT int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex,
				  const struct timespec *until)
{
	struct call_site site = CALL_SITE();
	struct thread *thread;
	struct held_slot *slot;
	struct awaited outer;
	int result;

	real_ensure();
	thread = thread_current();
	slot = before_wait(thread, mutex);
	object_awaited(condition, LOCK_CONDITION, site.address);
	condition_wait_begins(thread, condition, mutex);
	outer = lost_work_wait_begins(thread, condition, mutex);
	result = real.pthread_cond_timedwait(condition, mutex, until);
	lost_work_wait_ends(thread, outer);
	condition_wait_ends(thread, condition, mutex, LOCK_MUTEX, site);
	pthread_cond_after_wait(thread, slot, mutex);
	return result;
}

EXPORT int pthread_cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex,
				  clockid_t clock, const struct timespec *until)
{
	struct call_site site = CALL_SITE();
	struct thread *thread;
	struct held_slot *slot;
	struct awaited outer;
	int result;

	real_ensure();
	if (!real.pthread_cond_clockwait)
		return ENOSYS;
	thread = thread_current();
	slot = before_wait(thread, mutex);
	object_awaited(condition, LOCK_CONDITION, site.address);
	condition_wait_begins(thread, condition, mutex);
	outer = lost_work_wait_begins(thread, condition, mutex);
	result = real.pthread_cond_clockwait(condition, mutex, clock, until);
	lost_work_wait_ends(thread, outer);
	condition_wait_ends(thread, condition, mutex, LOCK_MUTEX, site);
	pthread_cond_after_wait(thread, slot, mutex);
	return result;
}

EXPORT int pthread_cond_signal(pthread_cond_t *condition)
{
	real_ensure();
	object_gave(condition, LOCK_CONDITION, __builtin_return_address(0));
	condition_signals(condition);
	lost_work_signalled(condition, false);
	return real_pthread_cond_signal(condition);
}

EXPORT int pthread_cond_broadcast(pthread_cond_t *condition)
{
	real_ensure();
	object_gave(condition, LOCK_CONDITION, __builtin_return_address(0));
	condition_signals(condition);
	lost_work_signalled(condition, true);
	return real_pthread_cond_broadcast(condition);
}

EXPORT int pthread_cond_init(pthread_cond_t *condition, const pthread_condattr_t *attributes)
{
	struct call_site site = CALL_SITE();
	int result;

	real_ensure();
	result = real_pthread_cond_init(condition, attributes);
	if (result == 0)
		object_made(condition, LOCK_CONDITION, site);
	return result;
}

/* It waits for those that still use it: who they are must be known until then. */
EXPORT int pthread_cond_destroy(pthread_cond_t *condition)
{
	int result;

	real_ensure();
	result = real_pthread_cond_destroy(condition);
	object_forgotten(condition, LOCK_CONDITION);
	handover_forget(object_key(condition, LOCK_CONDITION));
	return result;
}
