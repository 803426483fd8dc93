/*
 * The hooks of kill() and of wait() and its kin note who ends processes, and which children a
 * signal has ended. They are async-signal-safe.
 */
#include "base/real.h"
#include "record/descriptors.h"
#include "record/signals.h"
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

REAL(int, kill, (pid_t, int));
REAL(pid_t, wait, (int *));
REAL(pid_t, waitpid, (pid_t, int *, int));
REAL(pid_t, wait3, (int *, int, struct rusage *));
REAL(pid_t, wait4, (pid_t, int *, int, struct rusage *));
REAL(int, waitid, (idtype_t, id_t, siginfo_t *, int));

EXPORT int kill(pid_t pid, int signal)
{
	real_ensure();
	signals_note_sent(pid, signal);
	signal_given();
	return real_kill(pid, signal);
}

static inline pid_t wait_note(pid_t pid, const int *status)
{
	if (unlikely(pid > 0 && WIFSIGNALED(*status)))
		signals_note_ended(pid, WTERMSIG(*status));
	return pid;
}

/* Who does not want to know the status is given it all the same. */
#define WAIT_FUNCTION(name, parameters, arguments)                                                 \
	EXPORT pid_t name parameters                                                               \
	{                                                                                          \
		int own = 0;                                                                       \
		pid_t pid;                                                                         \
                                                                                                   \
		real_ensure();                                                                     \
		status = status ? status : &own;                                                   \
		pid = real_##name arguments;                                                       \
		return wait_note(pid, status);                                                     \
	}

WAIT_FUNCTION(wait, (int *status), (status))
WAIT_FUNCTION(waitpid, (pid_t which, int *status, int options), (which, status, options))
WAIT_FUNCTION(wait3, (int *status, int options, struct rusage *usage), (status, options, usage))
WAIT_FUNCTION(wait4, (pid_t which, int *status, int options, struct rusage *usage),
	      (which, status, options, usage))

EXPORT int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
	int result;

	real_ensure();
	result = real_waitid(type, id, info, options);
	if (unlikely(result == 0 && info && info->si_pid > 0 &&
		     (info->si_code == CLD_KILLED || info->si_code == CLD_DUMPED)))
		signals_note_ended(info->si_pid, info->si_status);
	return result;
}
