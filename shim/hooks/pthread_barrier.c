/* The hooks of pthread_barrier_*() note who came last. Nobody owns a barrier. */
#include "base/real.h"
#include "record/ownerless.h"
#include "state/thread.h"

REAL(int, pthread_barrier_wait, (pthread_barrier_t *));
REAL(int, pthread_barrier_init, (pthread_barrier_t *, const pthread_barrierattr_t *, unsigned));
REAL(int, pthread_barrier_destroy, (pthread_barrier_t *));

EXPORT int pthread_barrier_wait(pthread_barrier_t *barrier)
{
	struct thread *thread;
	int result;

	real_ensure();
	thread = thread_current();
	object_awaited(barrier, LOCK_BARRIER, __builtin_return_address(0));
	/* All come before what each does next. */
	if (thread)
		handover_gives(thread, object_key(barrier, LOCK_BARRIER));
	result = real_pthread_barrier_wait(barrier);
	if (thread)
		handover_takes(thread, object_key(barrier, LOCK_BARRIER));
	return result;
}

EXPORT int pthread_barrier_init(pthread_barrier_t *barrier, const pthread_barrierattr_t *attributes,
				unsigned count)
{
	struct call_site site = CALL_SITE();
	int result;

	real_ensure();
	result = real_pthread_barrier_init(barrier, attributes, count);
	if (result == 0)
		object_made(barrier, LOCK_BARRIER, site);
	return result;
}

EXPORT int pthread_barrier_destroy(pthread_barrier_t *barrier)
{
	int result;

	real_ensure();
	result = real_pthread_barrier_destroy(barrier);
	object_forgotten(barrier, LOCK_BARRIER);
	handover_forget(object_key(barrier, LOCK_BARRIER));
	return result;
}
