/*
 * pthread_spin_*. A spin lock is one word that names nobody: who has it is known
 * from the threads' own tables.
 */
#include "hooks/lock_wrappers.h"

/* glibc, sysdeps/x86: the word of a free spin lock. */
#define FREE 1

REAL(int, pthread_spin_lock, (pthread_spinlock_t *));
REAL(int, pthread_spin_trylock, (pthread_spinlock_t *));
REAL(int, pthread_spin_unlock, (pthread_spinlock_t *));
REAL(int, pthread_spin_init, (pthread_spinlock_t *, int));
REAL(int, pthread_spin_destroy, (pthread_spinlock_t *));

static pid_t nobody(const void *state)
{
	(void)state;
	return 0;
}

static uint32_t spin_takers(const void *state)
{
	return *(const volatile int *)state < FREE;
}

/* The word does not say; an initialisation that was seen does. */
static bool spin_is_shared(const void *lock, const void *state)
{
	(void)state;
	return !lock_initialised_private(lock);
}

/* Whoever has it may give it back. */
static bool spin_crosses_fork(const void *state)
{
	(void)state;
	return true;
}

const struct lock_family spin_family = {
	.kind = LOCK_SPIN,
	.size = sizeof(pthread_spinlock_t),
	.owner = nobody,
	.takers = spin_takers,
	.is_shared = spin_is_shared,
	.crosses_fork = spin_crosses_fork,
};

LOCK_FUNCTION_FAST(LOCK_SPIN, OPERATION_LOCK, is_errno, pthread_spin_lock,
		   (pthread_spinlock_t * lock), (lock))
LOCK_FUNCTION(LOCK_SPIN, OPERATION_TRYLOCK, is_errno, pthread_spin_trylock,
	      (pthread_spinlock_t * lock), (lock))
UNLOCK_FUNCTION(is_errno, pthread_spin_unlock, (pthread_spinlock_t * lock))
DESTROY_FUNCTION(int, pthread_spin_destroy, (pthread_spinlock_t * lock))

EXPORT int pthread_spin_init(pthread_spinlock_t *lock, int shared)
{
	struct call_site site = CALL_SITE();
	struct thread *thread;
	int result;

	real_ensure();
	result = real_pthread_spin_init(lock, shared);
	thread = thread_current();
	if (thread && result == 0)
		lock_made(thread, (const void *)lock, shared == PTHREAD_PROCESS_PRIVATE, site);
	return result;
}
