/*
 * The hooks of pthread_spin_*() note who has a spin lock. It is one word that names nobody:
 * who has it is known from the threads' own tables.
 */
#include "hooks/lock_wrappers.h"

REAL(int, pthread_spin_lock, (pthread_spinlock_t *));
REAL(int, pthread_spin_trylock, (pthread_spinlock_t *));
REAL(int, pthread_spin_unlock, (pthread_spinlock_t *));
REAL(int, pthread_spin_init, (pthread_spinlock_t *, int));
REAL(int, pthread_spin_destroy, (pthread_spinlock_t *));

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
