/* A parent that loses patience, reap() after five seconds. Returns 42 where the child hung. */
#ifndef SUITES_REAP_H
#define SUITES_REAP_H

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SUITE_HUNG 42

static inline int reap_within(pid_t child, int milliseconds)
{
	struct pollfd ended = {.events = POLLIN};
	int status;

	ended.fd = (int)syscall(SYS_pidfd_open, child, 0);
	if (poll(&ended, 1, milliseconds) == 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		return SUITE_HUNG;
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static inline int reap(pid_t child)
{
	return reap_within(child, 5000);
}

#endif
