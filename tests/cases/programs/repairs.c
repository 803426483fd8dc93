/*
 * repairs WAY LOCK WHAT: one of libc's own locks is held by another thread at
 * the fork (hang) or was given back (released). fork() repairs the one of a
 * stream in the child; other ways to fork do not.
 */
#include "case.h"
#include <malloc.h>

static FILE *stream;
static char **arguments;

static int is_stdio(void)
{
	return strcmp(arguments[2], "stdio") == 0;
}

static void wait_in_lock(void)
{
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
}

static ssize_t wait_in_write(void *unused, const char *bytes, size_t length)
{
	static int waited;

	if (!waited++)
		wait_in_lock();
	return (ssize_t)length;
}

/* malloc_stats() writes to stderr while it has the lock of an arena. */
static void hold_arena(void)
{
	cookie_io_functions_t functions = {.write = wait_in_write};

	stderr = fopencookie(NULL, "w", functions);
	setvbuf(stderr, NULL, _IONBF, 0);
	malloc_stats();
}

static void *holder(void *unused)
{
	if (strcmp(arguments[3], "released") == 0) {
		wait_in_lock();
	} else if (is_stdio()) {
		flockfile(stream);
		wait_in_lock();
		funlockfile(stream);
	} else {
		hold_arena();
	}
	return NULL;
}

static void work(void)
{
	void *volatile block;

	if (is_stdio())
		fputc(0, stream); /* STDIO */
	else
		block = malloc(60000); /* MALLOC */
	(void)block;
	_exit(0);
}

static pid_t fork_by(const char *way)
{
	if (strcmp(way, "fork") == 0)
		return fork();
	if (strcmp(way, "_Fork") == 0)
		return _Fork();           /* UNDERSCORE */
	return (pid_t)syscall(FORK_CALL); /* SYS_FORK */
}

int main(int argc, char **argv)
{
	pthread_t thread;
	pid_t child;
	int status;

	if (argc != 4)
		errx(2, "usage: repairs WAY LOCK WHAT");
	arguments = argv;
	stream = tmpfile();
	pthread_create(&thread, NULL, holder, NULL); /* CREATE */
	pthread_barrier_wait(&taken);
	child = fork_by(argv[1]); /* FORK */
	if (child == 0)
		work(); /* WORK */
	status = reap(child);
	pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	return status;
}
