/*
 * The hooks of sleeps and yields note that a thread pauses: two pauses at one place with nothing
 * between them are how one waits for what no hook sees, a flag, a file, the time. They are
 * async-signal-safe, and jump to the real function: most are cancellation points. poll() and
 * select() without descriptors are pauses, with them waits for those.
 */
#include "base/real.h"
#include "record/descriptors.h"
#include "record/pauses.h"
#include "state/thread.h"
#include <poll.h>
#include <sched.h>
#include <sys/select.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

static void pauses(struct call_site site)
{
	struct thread *thread = thread_known();
	int saved = errno;

	if (thread)
		pause_note(thread, site);
	restore_errno(saved);
}

#define PAUSE_FUNCTION(result, name, parameters, arguments)                                        \
	REAL(result, name, parameters);                                                            \
	EXPORT result name parameters                                                              \
	{                                                                                          \
		real_ensure();                                                                     \
		pauses(CALL_SITE());                                                               \
		return real_##name arguments;                                                      \
	}

#define WAIT_FUNCTION(count, result, name, parameters, arguments)                                  \
	REAL(result, name, parameters);                                                            \
	EXPORT result name parameters                                                              \
	{                                                                                          \
		real_ensure();                                                                     \
		if (count)                                                                         \
			descriptors_awaited();                                                     \
		else                                                                               \
			pauses(CALL_SITE());                                                       \
		return real_##name arguments;                                                      \
	}

PAUSE_FUNCTION(unsigned, sleep, (unsigned seconds), (seconds))
PAUSE_FUNCTION(int, usleep, (useconds_t microseconds), (microseconds))
PAUSE_FUNCTION(int, nanosleep, (const struct timespec *time, struct timespec *rest), (time, rest))
PAUSE_FUNCTION(int, clock_nanosleep,
	       (clockid_t clock, int flags, const struct timespec *time, struct timespec *rest),
	       (clock, flags, time, rest))
PAUSE_FUNCTION(int, sched_yield, (void), ())
PAUSE_FUNCTION(int, thrd_sleep, (const struct timespec *time, struct timespec *rest), (time, rest))
PAUSE_FUNCTION(void, thrd_yield, (void), ())
WAIT_FUNCTION(count, int, poll, (struct pollfd * what, nfds_t count, int limit),
	      (what, count, limit))
WAIT_FUNCTION(count, int, ppoll,
	      (struct pollfd * what, nfds_t count, const struct timespec *limit,
	       const sigset_t *mask),
	      (what, count, limit, mask))
WAIT_FUNCTION(count, int, select,
	      (int count, fd_set *to_read, fd_set *to_write, fd_set *others, struct timeval *limit),
	      (count, to_read, to_write, others, limit))
WAIT_FUNCTION(count, int, pselect,
	      (int count, fd_set *to_read, fd_set *to_write, fd_set *others,
	       const struct timespec *limit, const sigset_t *mask),
	      (count, to_read, to_write, others, limit, mask))
