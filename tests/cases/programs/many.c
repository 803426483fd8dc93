/*
 * Many processes.
 *
 *   many forks N        one after the other, so that numbers are used again
 *   many deep N         each the child of the one before
 *   many at-once N      all wait until the last one is there
 *   many hang-at-once N  and each asks for a lock of a thread that it lacks
 *   many hang-deep N    only the deepest one does
 *
 * "forks" and "hang-..." have a thread beside the one that forks.
 */
#include "case.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *hold(void *data)
{
	pthread_mutex_lock(&lock); /* HOLD */
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	pthread_mutex_unlock(&lock);
	return data;
}

static void *idle(void *data)
{
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	return data;
}

static int forks(int count)
{
	for (int i = 0; i < count; i++) {
		pid_t child = fork();

		if (child == 0)
			_exit(0);
		if (child < 0 || waitpid(child, NULL, 0) != child)
			err(2, "fork");
	}
	return 0;
}

static int deep(int depth, int hangs)
{
	pid_t child;
	int status;

	if (depth == 0 && hangs)
		pthread_mutex_lock(&lock); /* WAIT */
	if (depth == 0)
		return 0;
	child = fork();
	if (child == 0)
		_exit(deep(depth - 1, hangs));
	if (child < 0 || waitpid(child, &status, 0) != child)
		err(2, "fork");
	return WIFEXITED(status) ? WEXITSTATUS(status) : CASE_HUNG;
}

static int at_once(int count, int hangs)
{
	int ends[2], failed = 0, status;
	char byte;

	if (pipe(ends))
		err(2, "pipe");
	for (int i = 0; i < count; i++) {
		pid_t child = fork(); /* FORK */

		if (child < 0)
			err(2, "fork");
		if (child)
			continue;
		close(ends[1]);
		/* Until the last one has been born. */
		while (read(ends[0], &byte, 1) > 0)
			;
		if (hangs)
			pthread_mutex_lock(&lock); /* WAIT */
		_exit(0);
	}
	close(ends[1]);
	while (waitpid(-1, &status, 0) > 0)
		failed += status != 0;
	return failed == (hangs ? count : 0) ? 0 : 1;
}

int main(int argc, char **argv)
{
	int count = argc > 2 ? atoi(argv[2]) : 10, result;
	int hangs = argc > 1 && strncmp(argv[1], "hang", 4) == 0;
	int is_alone = mode_is(argv, "deep") || mode_is(argv, "at-once");
	pthread_t thread;

	if (!is_alone && pthread_create(&thread, NULL, hangs ? hold : idle, NULL))
		return 2;
	if (!is_alone)
		pthread_barrier_wait(&taken);
	if (mode_is(argv, "forks"))
		result = forks(count);
	else if (mode_is(argv, "deep") || mode_is(argv, "hang-deep"))
		result = deep(count, hangs);
	else
		result = at_once(count, hangs);
	if (!is_alone) {
		pthread_barrier_wait(&finished);
		pthread_join(thread, NULL);
	}
	return result;
}
