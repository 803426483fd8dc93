/*
 * What the case programs share. Every case ends by itself: a parent gives its
 * child a time that is far more than a proof takes. Threads meet at barriers;
 * nothing here relies on timing.
 *
 * The lines that a report must show are marked in the source with a comment
 * in capitals at the end of the line, such as FORK between the usual signs;
 * the runner looks the numbers up.
 */
#ifndef CASE_H
#define CASE_H

#include "machine.h"
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CASE_HUNG     42
#define CASE_PATIENCE 15000 /* ms */

static pthread_barrier_t taken;    /* the other thread has the lock */
static pthread_barrier_t finished; /* the child is gone */

__attribute__((constructor)) static void case_init(void)
{
	pthread_barrier_init(&taken, NULL, 2);
	pthread_barrier_init(&finished, NULL, 2);
}

/* The child's exit status, 128 + its signal, or CASE_HUNG. */
static inline int reap_within(pid_t child, int milliseconds)
{
	struct pollfd ended;
	int status;

	if (child < 0)
		err(2, "fork");
	ended.events = POLLIN;
	ended.fd = (int)syscall(SYS_pidfd_open, child, 0);
	if (ended.fd < 0)
		err(2, "pidfd_open");
	if (poll(&ended, 1, milliseconds) == 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		close(ended.fd);
		return CASE_HUNG;
	}
	close(ended.fd);
	if (waitpid(child, &status, 0) != child)
		err(2, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static inline int reap(pid_t child)
{
	return reap_within(child, CASE_PATIENCE);
}

/* The mode is the program's first argument. */
/* Another process, and no alarm, ends one that hangs itself: an armed timer could wake it. */
static inline void end_with_guard(void)
{
	pid_t guarded = getpid();

	if (fork() != 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	poll(NULL, 0, CASE_PATIENCE);
	kill(guarded, SIGKILL);
	_exit(0);
}

static inline int mode_is(char **argv, const char *mode)
{
	return argv[1] != NULL && strcmp(argv[1], mode) == 0;
}

#endif
