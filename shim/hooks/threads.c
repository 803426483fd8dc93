/*
 * The hooks of C11's mtx_*() and cnd_*() see locks that are no pthread calls: glibc makes a
 * pthread mutex of an mtx_t, but does not come by pthread_mutex_lock(). cnd_* give one up and
 * take it back.
 */
#include "base/process.h"
#include "base/real.h"
#include "common/glibc/mutex.h"
#include "fork/orphans.h"
#include "hooks/condition.h"
#include "hooks/lock.h"
#include "record/lost_work.h"
#include "record/ownerless.h"
#include "state/thread.h"
#include <threads.h>

REAL(int, mtx_lock, (mtx_t *));
REAL(int, mtx_trylock, (mtx_t *));
REAL(int, mtx_timedlock, (mtx_t *, const struct timespec *));
REAL(int, mtx_unlock, (mtx_t *));
REAL(int, mtx_init, (mtx_t *, int));
REAL(void, mtx_destroy, (mtx_t *));
REAL(int, cnd_wait, (cnd_t *, mtx_t *));
REAL(int, cnd_timedwait, (cnd_t *, mtx_t *, const struct timespec *));
REAL(int, cnd_signal, (cnd_t *));
REAL(int, cnd_broadcast, (cnd_t *));
REAL(int, cnd_init, (cnd_t *));
REAL(void, cnd_destroy, (cnd_t *));

static int in_errno(int result)
{
	switch (result) {
	case thrd_success:
		return 0;
	case thrd_busy:
		return EBUSY;
	case thrd_timedout:
		return ETIMEDOUT;
	default:
		/* Of a lock that there is: it is not the caller's. */
		return EPERM;
	}
}

/* A recursive one keeps its slot until its count is back to nothing. */
static void threads_after_acquire(struct thread *thread, mtx_t *lock, session_reference wait,
				  int result, uint32_t how, struct call_site site)
{
	enum held_mode mode =
		glibc_mutex_counts((const pthread_mutex_t *)lock) ? HELD_COUNTED : HELD_PLAIN;
	int saved = errno;

	if (wait)
		orphan_wait_ended(wait, in_errno(result));
	if (result == thrd_success && !glibc_mutex_is_held_again((const pthread_mutex_t *)lock))
		lock_taken(thread, lock, LOCK_MTX, mode, how, site);
	lock_tried(thread, lock, LOCK_MTX, in_errno(result));
	lock_acquire_ends(thread);
	errno = saved;
}

EXPORT int mtx_lock(mtx_t *lock)
{
	struct call_site site = CALL_SITE();
	struct thread *thread;
	session_reference wait;
	int result;

	real_ensure();
	thread = thread_current();
	if (!thread)
		return real_mtx_lock(lock);
	wait = lock_before_acquire(thread, lock, LOCK_MTX, OPERATION_LOCK);
	result = real_mtx_lock(lock);
	threads_after_acquire(thread, lock, wait, result, 0, site);
	return result;
}

EXPORT int mtx_trylock(mtx_t *lock)
{
	struct call_site site = CALL_SITE();
	struct thread *thread;
	session_reference wait;
	int result;

	real_ensure();
	thread = thread_current();
	if (!thread)
		return real_mtx_trylock(lock);
	wait = lock_before_acquire(thread, lock, LOCK_MTX, OPERATION_TRYLOCK);
	result = real_mtx_trylock(lock);
	threads_after_acquire(thread, lock, wait, result, TAKEN_BOUNDED, site);
	return result;
}

EXPORT int mtx_timedlock(mtx_t *lock, const struct timespec *until)
{
	struct call_site site = CALL_SITE();
	struct thread *thread;
	session_reference wait;
	int result;

	real_ensure();
	thread = thread_current();
	if (!thread)
		return real_mtx_timedlock(lock, until);
	wait = lock_before_acquire(thread, lock, LOCK_MTX, OPERATION_TIMEDLOCK);
	result = real_mtx_timedlock(lock, until);
	threads_after_acquire(thread, lock, wait, result, TAKEN_BOUNDED, site);
	return result;
}

EXPORT int mtx_unlock(mtx_t *lock)
{
	struct thread *thread;
	uint64_t closing;
	int result;

	real_ensure();
	thread = thread_current();
	if (!thread || glibc_mutex_is_held_again((const pthread_mutex_t *)lock))
		return real_mtx_unlock(lock);
	closing = lock_before_release(thread, lock);
	result = real_mtx_unlock(lock);
	lock_after_release(thread, lock, closing, in_errno(result));
	return result;
}

EXPORT int mtx_init(mtx_t *lock, int type)
{
	struct call_site site = CALL_SITE();
	struct thread *thread;
	int result;

	real_ensure();
	result = real_mtx_init(lock, type);
	thread = thread_current();
	if (thread && result == thrd_success)
		lock_made(thread, lock, true, site);
	return result;
}

EXPORT void mtx_destroy(mtx_t *lock)
{
	struct thread *thread;

	real_ensure();
	thread = thread_current();
	if (thread)
		lock_unmade(thread, lock);
	real_mtx_destroy(lock);
}

/* The mutex is taken back when the wait returns; its word decides until then. */
static int threads_after_wait(int result, cnd_t *condition, mtx_t *lock, struct call_site site)
{
	struct thread *thread = thread_known();
	struct held_slot *slot = thread ? held_find(thread, lock) : NULL;

	condition_wait_ends(thread, condition, lock, LOCK_MTX, site);

	if (slot)
		slot->since = time_coarse();
	return result;
}

EXPORT int cnd_wait(cnd_t *condition, mtx_t *lock)
{
	struct call_site site = CALL_SITE();
	struct thread *thread;
	struct awaited outer;
	int result;

	real_ensure();
	object_awaited(condition, LOCK_CONDITION, site.address);
	thread = thread_current();
	condition_wait_begins(thread, condition, lock);
	outer = lost_work_wait_begins(thread, condition, lock);
	result = real_cnd_wait(condition, lock);
	lost_work_wait_ends(thread, outer);
	return threads_after_wait(result, condition, lock, site);
}

EXPORT int cnd_timedwait(cnd_t *condition, mtx_t *lock, const struct timespec *until)
{
	struct call_site site = CALL_SITE();
	struct thread *thread;
	struct awaited outer;
	int result;

	real_ensure();
	object_awaited(condition, LOCK_CONDITION, site.address);
	thread = thread_current();
	condition_wait_begins(thread, condition, lock);
	outer = lost_work_wait_begins(thread, condition, lock);
	result = real_cnd_timedwait(condition, lock, until);
	lost_work_wait_ends(thread, outer);
	return threads_after_wait(result, condition, lock, site);
}

EXPORT int cnd_signal(cnd_t *condition)
{
	real_ensure();
	object_gave(condition, LOCK_CONDITION, __builtin_return_address(0));
	condition_signals(condition);
	lost_work_signalled(condition, false);
	return real_cnd_signal(condition);
}

EXPORT int cnd_broadcast(cnd_t *condition)
{
	real_ensure();
	object_gave(condition, LOCK_CONDITION, __builtin_return_address(0));
	condition_signals(condition);
	lost_work_signalled(condition, true);
	return real_cnd_broadcast(condition);
}

EXPORT int cnd_init(cnd_t *condition)
{
	struct call_site site = CALL_SITE();
	int result;

	real_ensure();
	result = real_cnd_init(condition);
	if (result == thrd_success)
		object_made(condition, LOCK_CONDITION, site);
	return result;
}

EXPORT void cnd_destroy(cnd_t *condition)
{
	real_ensure();
	real_cnd_destroy(condition);
	object_forgotten(condition, LOCK_CONDITION);
	handover_forget(object_key(condition, LOCK_CONDITION));
}
