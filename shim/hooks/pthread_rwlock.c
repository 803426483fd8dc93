/*
 * The hooks of pthread_rwlock_*() note who has a lock for reading or writing. A writer is
 * named by the lock; readers are only counted, and their own tables say who they are.
 */
#include "hooks/lock_wrappers.h"
#include <time.h>

REAL(int, pthread_rwlock_rdlock, (pthread_rwlock_t *));
REAL(int, pthread_rwlock_wrlock, (pthread_rwlock_t *));
REAL(int, pthread_rwlock_tryrdlock, (pthread_rwlock_t *));
REAL(int, pthread_rwlock_trywrlock, (pthread_rwlock_t *));
REAL(int, pthread_rwlock_timedrdlock, (pthread_rwlock_t *, const struct timespec *));
REAL(int, pthread_rwlock_timedwrlock, (pthread_rwlock_t *, const struct timespec *));
REAL(int, pthread_rwlock_clockrdlock, (pthread_rwlock_t *, clockid_t, const struct timespec *));
REAL(int, pthread_rwlock_clockwrlock, (pthread_rwlock_t *, clockid_t, const struct timespec *));
REAL(int, pthread_rwlock_unlock, (pthread_rwlock_t *));
REAL(int, pthread_rwlock_init, (pthread_rwlock_t *, const pthread_rwlockattr_t *));
REAL(int, pthread_rwlock_destroy, (pthread_rwlock_t *));

static bool pthread_rwlock_is_private(const pthread_rwlockattr_t *attributes)
{
	int shared = PTHREAD_PROCESS_PRIVATE;

	if (attributes)
		libc.pthread_rwlockattr_getpshared(attributes, &shared);
	return shared == PTHREAD_PROCESS_PRIVATE;
}

#define FUNCTION(how, operation, name, parameters, arguments)                                      \
	how(LOCK_RWLOCK, operation, is_errno, pthread_rwlock_##name, parameters, arguments)

FUNCTION(LOCK_FUNCTION_FAST, OPERATION_READ_LOCK, rdlock, (pthread_rwlock_t * lock), (lock))
FUNCTION(LOCK_FUNCTION_NAMED, OPERATION_LOCK, wrlock, (pthread_rwlock_t * lock), (lock))
FUNCTION(LOCK_FUNCTION, OPERATION_READ_TRYLOCK, tryrdlock, (pthread_rwlock_t * lock), (lock))
FUNCTION(LOCK_FUNCTION, OPERATION_TRYLOCK, trywrlock, (pthread_rwlock_t * lock), (lock))
FUNCTION(LOCK_FUNCTION, OPERATION_READ_TIMEDLOCK, timedrdlock,
	 (pthread_rwlock_t * lock, const struct timespec *until), (lock, until))
FUNCTION(LOCK_FUNCTION, OPERATION_TIMEDLOCK, timedwrlock,
	 (pthread_rwlock_t * lock, const struct timespec *until), (lock, until))
FUNCTION(LOCK_FUNCTION, OPERATION_READ_CLOCKLOCK, clockrdlock,
	 (pthread_rwlock_t * lock, clockid_t clock, const struct timespec *until),
	 (lock, clock, until))
FUNCTION(LOCK_FUNCTION, OPERATION_CLOCKLOCK, clockwrlock,
	 (pthread_rwlock_t * lock, clockid_t clock, const struct timespec *until),
	 (lock, clock, until))
UNLOCK_FUNCTION(is_errno, pthread_rwlock_unlock, (pthread_rwlock_t * lock))
DESTROY_FUNCTION(int, pthread_rwlock_destroy, (pthread_rwlock_t * lock))

EXPORT int pthread_rwlock_init(pthread_rwlock_t *lock, const pthread_rwlockattr_t *attributes)
{
	struct call_site site = CALL_SITE();
	struct thread *thread;
	int result;

	real_ensure();
	result = real_pthread_rwlock_init(lock, attributes);
	thread = thread_current();
	if (thread && !result)
		lock_made(thread, lock, pthread_rwlock_is_private(attributes), site);
	return result;
}
