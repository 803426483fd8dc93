/*
 * orphan MODE: the parent of the child that hangs is gone; in mode alone it is
 * the program itself. A guard, forked before there were threads, ends the child.
 */
#include "../libraries/libpool.c"
#include "case.h"

#define THREADS 2

static int ends[2]; /* of a pipe: closed when the child is gone */

/* The orphan is nobody's child here: it says who it is. True when it had to be killed. */
static int guard(void)
{
	struct pollfd gone = {.fd = ends[0], .events = POLLIN};
	pid_t orphan;

	close(ends[1]);
	if (read(ends[0], &orphan, sizeof(orphan)) != sizeof(orphan))
		return 0;
	if (poll(&gone, 1, CASE_PATIENCE) == 1)
		return 0;
	kill(orphan, SIGKILL);
	return 1;
}

static int use_pool(int restart)
{
	pid_t pid = getpid();

	if (write(ends[1], &pid, sizeof(pid)) != sizeof(pid))
		return 2;
	if (restart)
		pool_restart(THREADS);
	return pool_run(21) == 42 ? 0 : 1; /* USE */
}

static void leave_orphan(int restart)
{
	pool_start(THREADS);
	if (fork() == 0)                  /* FORK */
		_exit(use_pool(restart)); /* CHILD */
	_exit(0);
}

int main(int argc, char **argv)
{
	pid_t other;

	(void)argc;
	if (pipe(ends) != 0)
		err(2, "pipe");
	other = fork();
	if (mode_is(argv, "alone")) {
		if (other == 0)
			_exit(guard());
		leave_orphan(0);
	}
	if (other == 0)
		leave_orphan(mode_is(argv, "restarted"));
	reap(other);
	return guard() ? CASE_HUNG : 0;
}
