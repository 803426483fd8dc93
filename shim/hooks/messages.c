/*
 * The hooks of waits for signals, of semop() and of message queues note that one thread may be
 * told something by another: seldom used between the threads of a process, but order all the same.
 * All queues are one, and so are all signals. They are async-signal-safe, and jump to the real
 * function: most are cancellation points.
 */
#include "base/real.h"
#include "record/descriptors.h"
#include <signal.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>

#define MESSAGE_FUNCTION(note, result, name, parameters, arguments)                                \
	REAL(result, name, parameters);                                                            \
	EXPORT result name parameters                                                              \
	{                                                                                          \
		real_ensure();                                                                     \
		note;                                                                              \
		return real_##name arguments;                                                      \
	}

MESSAGE_FUNCTION(signals_awaited(), int, sigwait, (const sigset_t *set, int *which), (set, which))
MESSAGE_FUNCTION(signals_awaited(), int, sigwaitinfo, (const sigset_t *set, siginfo_t *info),
		 (set, info))
MESSAGE_FUNCTION(signals_awaited(), int, sigtimedwait,
		 (const sigset_t *set, siginfo_t *info, const struct timespec *limit),
		 (set, info, limit))
MESSAGE_FUNCTION(signals_awaited(), int, sigsuspend, (const sigset_t *mask), (mask))
MESSAGE_FUNCTION(signals_awaited(), int, pause, (void), ())

/* Whether it gives or takes stands in its operations: it does both. */
MESSAGE_FUNCTION(messages_exchanged(), int, semop, (int id, struct sembuf *what, size_t count),
		 (id, what, count))
MESSAGE_FUNCTION(messages_exchanged(), int, semtimedop,
		 (int id, struct sembuf *what, size_t count, const struct timespec *limit),
		 (id, what, count, limit))
MESSAGE_FUNCTION(messages_exchanged(), int, msgsnd,
		 (int id, const void *from, size_t length, int flags), (id, from, length, flags))
/* Who waits at a queue that is taken away goes on. */
MESSAGE_FUNCTION(messages_exchanged(), int, msgctl, (int id, int what, struct msqid_ds *state),
		 (id, what, state))
MESSAGE_FUNCTION(messages_exchanged(), ssize_t, msgrcv,
		 (int id, void *to, size_t length, long type, int flags),
		 (id, to, length, type, flags))
