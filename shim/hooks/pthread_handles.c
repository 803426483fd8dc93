/*
 * The hooks of pthread_join() and of all else that is handed a pthread_t note, in a child
 * that inherited locks, which lost threads it asks libc for. A wait in them is a
 * cancellation point.
 */
#include "base/process.h"
#include "base/real.h"
#include "record/descriptors.h"
#include "record/lost_use.h"
#include "state/thread.h"
#include <pthread.h>
#include <threads.h>

/* Who has joined a thread comes after it. Who sends one a signal may have it stop. */
static void handle_used(enum lost_function function, pthread_t handle)
{
	struct thread *self = thread_known();
	int saved = errno;

	if (!self)
		return;
	if (function == LOST_KILL) {
		self->sections.signalled = true;
		signal_given();
	} else if (function != LOST_CANCEL && function != LOST_DETACH &&
		   function != LOST_THRD_DETACH) {
		handover_awaits(self, handle_key(handle));
	}
	restore_errno(saved);
}

/*
 * Jumps to the real function: a wait in it is a cancellation point, and no frame of ours
 * stands in the way.
 */
#define HANDLE_FUNCTION(function, condition, result, name, parameters, arguments)                  \
	REAL(result, name, parameters);                                                            \
	EXPORT result name parameters                                                              \
	{                                                                                          \
		real_ensure();                                                                     \
		if (unlikely(!real_##name))                                                        \
			return ENOSYS;                                                             \
		handle_used(function, (pthread_t)thread);                                          \
		if (unlikely(process.inherits) && (condition))                                     \
			lost_use_note(thread, function);                                           \
		return real_##name arguments;                                                      \
	}

HANDLE_FUNCTION(LOST_JOIN, true, int, pthread_join, (pthread_t thread, void **value),
		(thread, value))
HANDLE_FUNCTION(LOST_TRYJOIN, true, int, pthread_tryjoin_np, (pthread_t thread, void **value),
		(thread, value))
HANDLE_FUNCTION(LOST_TIMEDJOIN, true, int, pthread_timedjoin_np,
		(pthread_t thread, void **value, const struct timespec *until),
		(thread, value, until))
HANDLE_FUNCTION(LOST_CLOCKJOIN, true, int, pthread_clockjoin_np,
		(pthread_t thread, void **value, clockid_t clock, const struct timespec *until),
		(thread, value, clock, until))
HANDLE_FUNCTION(LOST_DETACH, true, int, pthread_detach, (pthread_t thread), (thread))
/* Signal 0 asks whether it is there. */
HANDLE_FUNCTION(LOST_KILL, signal != 0, int, pthread_kill, (pthread_t thread, int signal),
		(thread, signal))
HANDLE_FUNCTION(LOST_CANCEL, true, int, pthread_cancel, (pthread_t thread), (thread))
HANDLE_FUNCTION(LOST_THRD_JOIN, true, int, thrd_join, (thrd_t thread, int *value), (thread, value))
HANDLE_FUNCTION(LOST_THRD_DETACH, true, int, thrd_detach, (thrd_t thread), (thread))
