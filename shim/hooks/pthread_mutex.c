/*
 * The hooks of pthread_mutex_*() note which thread is about to have a mutex. The common path
 * is a table hit and a jump to the real function; the first pass through a line of code, and
 * every call in a child that inherited locks, takes the slow path.
 */
#include "base/process.h"
#include "base/real.h"
#include "common/glibc/mutex.h"
#include "fork/orphans.h"
#include "hooks/lock.h"
#include "hooks/slot_reuse.h"
#include "record/python_gil.h"
#include "record/sections.h"
#include "state/thread.h"

static int word_of(const pthread_mutex_t *mutex)
{
	return __atomic_load_n(&mutex->__data.__lock, __ATOMIC_RELAXED);
}

static bool pthread_mutex_is_private(const pthread_mutexattr_t *attributes)
{
	int shared = PTHREAD_PROCESS_PRIVATE;

	if (attributes)
		libc.pthread_mutexattr_getpshared(attributes, &shared);
	return shared == PTHREAD_PROCESS_PRIVATE;
}

static bool was_taken(int result)
{
	return result == 0 || result == EOWNERDEAD;
}

static void pthread_mutex_after_acquire(struct thread *thread, pthread_mutex_t *mutex,
					session_reference wait, int result, uint32_t how,
					struct call_site site)
{
	int saved = errno;
	enum held_mode mode = glibc_mutex_counts(mutex) ? HELD_COUNTED : HELD_PLAIN;

	if (wait)
		orphan_wait_ended(wait, result);
	if (was_taken(result) && !glibc_mutex_is_held_again(mutex))
		lock_taken(thread, mutex, LOCK_MUTEX, mode, how, site);
	lock_tried(thread, mutex, LOCK_MUTEX, result);
	lock_acquire_ends(thread);
	errno = saved;
}

/* In a child that inherited locks, before a call that may wait for one of them. */
static session_reference before_acquire(struct thread *thread, pthread_mutex_t *mutex,
					enum lock_operation operation, uint32_t flags)
{
	session_reference wait = 0;

	if (!process.inherits)
		return 0;
	if (word_of(mutex))
		wait = orphan_wait(thread, mutex, LOCK_MUTEX, operation, flags);
	if (!wait)
		lock_acquire_begins(thread, mutex);
	return wait;
}

static COLD int lock_slow(pthread_mutex_t *mutex, struct call_site site)
{
	struct thread *thread;
	session_reference wait;
	int result;

	real_ensure();
	thread = thread_current();
	if (!thread)
		return real.pthread_mutex_lock(mutex);
	wait = before_acquire(thread, mutex, OPERATION_LOCK, 0);
	result = real.pthread_mutex_lock(mutex);
	pthread_mutex_after_acquire(thread, mutex, wait, result, 0, site);
	return result;
}

static bool reuse_slot(struct thread *thread, const pthread_mutex_t *mutex, struct call_site site)
{
	struct held_slot *slot = &held_fast[held_index(mutex)];

	/* Counted: the slot tells of the first time. */
	if (__atomic_load_n(&mutex->__data.__owner, __ATOMIC_RELAXED) == thread->tid)
		return thread->held.is_open && slot->lock == ((uintptr_t)mutex | SLOT_COUNTS) &&
		       since_is_open(slot->since);
	if (!slot_is_reusable(thread, mutex, LOCK_MUTEX, site))
		return false;
	slot_reuse(thread, (uintptr_t)mutex | (glibc_mutex_counts(mutex) ? SLOT_COUNTS : 0), site);
	return true;
}

/* Not inlined, and jumped to: the path of a hit saves no register. */
static __attribute__((noinline)) int lock_miss(pthread_mutex_t *mutex, struct call_site site)
{
	struct thread *thread = thread_known();

	if (thread && reuse_slot(thread, mutex, site))
		return real.pthread_mutex_lock(mutex);
	return lock_slow(mutex, site);
}

EXPORT int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	struct call_site site = CALL_SITE();
	struct held_slot *slot = &held_fast[held_index(mutex)];

	if (likely(held_matches(slot, mutex, site))) {
		slot->since = time_coarse();
		return real.pthread_mutex_lock(mutex);
	}
	return lock_miss(mutex, site);
}

static uint64_t before_release(struct thread *thread, pthread_mutex_t *mutex)
{
	uint64_t closing = held_before_release(thread, mutex);

	sections_released(thread, mutex);
	if (unlikely(watch_of(mutex) & WATCH_PYTHON))
		python_gil_settle(thread, mutex);
	return closing;
}

static COLD int unlock_slow(pthread_mutex_t *mutex)
{
	struct thread *thread;
	uint64_t closing = held_closing;
	bool last;
	int result;

	real_ensure();
	thread = thread_current();
	if (!thread)
		return real.pthread_mutex_unlock(mutex);
	last = !glibc_mutex_is_held_again(mutex);
	/* Afterwards the mutex may be somebody else's, or gone. */
	if (last) {
		closing = before_release(thread, mutex);
	}
	if (last && !process.inherits)
		held_close(thread, mutex, closing);
	result = real.pthread_mutex_unlock(mutex);
	if (process.inherits) {
		if (result == 0 && last)
			held_close(thread, mutex, closing);
		orphan_touch(thread, mutex, OPERATION_UNLOCK, result);
	}
	return result;
}

/* Counted, or another line's. */
static __attribute__((noinline)) int unlock_miss(pthread_mutex_t *mutex)
{
	struct held_slot *slot = &held_fast[held_index(mutex)];

	if (slot->lock != ((uintptr_t)mutex | SLOT_COUNTS))
		return unlock_slow(mutex);
	if (mutex->__data.__count <= 1)
		slot->since = held_closing;
	return real.pthread_mutex_unlock(mutex);
}

EXPORT int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
	struct held_slot *slot = &held_fast[held_index(mutex)];

	if (unlikely(slot->lock != (uintptr_t)mutex))
		return unlock_miss(mutex);
	slot->since = held_closing;
	return real.pthread_mutex_unlock(mutex);
}

EXPORT int pthread_mutex_trylock(pthread_mutex_t *mutex)
{
	struct call_site site = CALL_SITE();
	struct thread *thread;
	session_reference wait;
	int result;

	real_ensure();
	thread = thread_current();
	if (!thread)
		return real.pthread_mutex_trylock(mutex);
	wait = before_acquire(thread, mutex, OPERATION_TRYLOCK, WAIT_TRY);
	result = real.pthread_mutex_trylock(mutex);
	pthread_mutex_after_acquire(thread, mutex, wait, result, TAKEN_BOUNDED, site);
	return result;
}

EXPORT int pthread_mutex_timedlock(pthread_mutex_t *mutex, const struct timespec *until)
{
	struct call_site site = CALL_SITE();
	struct thread *thread;
	session_reference wait;
	int result;

	real_ensure();
	thread = thread_current();
	if (!thread)
		return real.pthread_mutex_timedlock(mutex, until);
	wait = before_acquire(thread, mutex, OPERATION_TIMEDLOCK, WAIT_TIMED);
	result = real.pthread_mutex_timedlock(mutex, until);
	pthread_mutex_after_acquire(thread, mutex, wait, result, TAKEN_BOUNDED, site);
	return result;
}

EXPORT int pthread_mutex_clocklock(pthread_mutex_t *mutex, clockid_t clock,
				   const struct timespec *until)
{
	struct call_site site = CALL_SITE();
	struct thread *thread;
	session_reference wait;
	int result;

	real_ensure();
	if (!real.pthread_mutex_clocklock)
		return ENOSYS;
	thread = thread_current();
	if (!thread)
		return real.pthread_mutex_clocklock(mutex, clock, until);
	wait = before_acquire(thread, mutex, OPERATION_CLOCKLOCK, WAIT_TIMED);
	result = real.pthread_mutex_clocklock(mutex, clock, until);
	pthread_mutex_after_acquire(thread, mutex, wait, result, TAKEN_BOUNDED, site);
	return result;
}

EXPORT int pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes)
{
	struct call_site site = CALL_SITE();
	struct thread *thread;
	int result, saved;

	real_ensure();
	result = real.pthread_mutex_init(mutex, attributes);
	thread = thread_current();
	if (!thread || result)
		return result;
	saved = errno;
	lock_remade(thread, mutex);
	lock_initialised(thread, mutex, pthread_mutex_is_private(attributes), site);
	if (process.inherits)
		orphan_touch(thread, mutex, OPERATION_INIT, result);
	errno = saved;
	return result;
}

EXPORT int pthread_mutex_destroy(pthread_mutex_t *mutex)
{
	struct thread *thread;
	int result;

	real_ensure();
	thread = thread_current();
	if (thread)
		lock_forgotten(mutex);
	result = real.pthread_mutex_destroy(mutex);
	if (thread && process.inherits)
		orphan_touch(thread, mutex, OPERATION_DESTROY, result);
	return result;
}
