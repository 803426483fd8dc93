/*
 * The hooks of pthread_exit() and thrd_exit(): who joins the thread comes after all that it did.
 * What unwinds the stack from there passes a frame of ours, which has nothing to clean up.
 */
#include "base/real.h"
#include "state/thread.h"
#include <pthread.h>
#include <threads.h>

REAL(void, pthread_exit, (void *));
REAL(void, thrd_exit, (int));

static void hand_over(void)
{
	struct thread *thread = thread_known();

	if (thread)
		handover_gives(thread, handle_key(thread->self));
}

EXPORT _Noreturn void pthread_exit(void *value)
{
	real_ensure();
	hand_over();
	real_pthread_exit(value);
	__builtin_unreachable();
}

EXPORT _Noreturn void thrd_exit(int value)
{
	real_ensure();
	hand_over();
	real_thrd_exit(value);
	__builtin_unreachable();
}
