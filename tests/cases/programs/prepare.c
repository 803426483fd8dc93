/*
 * prepare MODE [LIBRARY]: a prepare handler joins a thread that waits for a
 * lock of the forking thread: fork() never returns. Without LIBRARY the handler
 * is the program's own. busy: the handler waits for nothing and works for long.
 */
#include "../libraries/libhandler.c"
#include "case.h"
#include <dlfcn.h>

#define BUSY_SECONDS 3

static pthread_mutex_t needed_mutex = PTHREAD_MUTEX_INITIALIZER;

/* Asks the time without a system call. */
static void work(void)
{
	struct timespec now, begun;

	clock_gettime(CLOCK_MONOTONIC, &begun);
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while (now.tv_sec - begun.tv_sec < BUSY_SECONDS);
}

static void start(const char *path)
{
	void (*function)(pthread_mutex_t *) = handler_start;

	if (path != NULL)
		function =
			(void (*)(pthread_mutex_t *))dlsym(dlopen(path, RTLD_NOW), "handler_start");
	if (function == NULL)
		errx(2, "%s", dlerror());
	function(&needed_mutex); /* STARTED */
}

static int fork_and_exit(void)
{
	pid_t child = fork(); /* FORK */

	if (child == 0)
		_exit(0);
	return reap(child);
}

int main(int argc, char **argv)
{
	end_with_guard();
	if (mode_is(argv, "busy")) {
		pthread_atfork(work, NULL, NULL);
		return fork_and_exit();
	}
	pthread_mutex_lock(&needed_mutex);
	start(argc == 3 ? argv[2] : NULL); /* HERE */
	if (mode_is(argv, "released"))
		pthread_mutex_unlock(&needed_mutex);
	return fork_and_exit(); /* CALL */
}
