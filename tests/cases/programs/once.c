/* once WHAT: another thread is inside the function of a pthread_once() or a call_once() at the
 * fork. libc lets the child run it again. */
#include "case.h"
#include <threads.h>

static pthread_once_t posix = PTHREAD_ONCE_INIT;
static once_flag c11 = ONCE_FLAG_INIT;
static int in_child;

static void initialise(void)
{
	if (in_child)
		return;
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
}

static void call(const char *what)
{
	if (strcmp(what, "posix") == 0)
		pthread_once(&posix, initialise);
	else
		call_once(&c11, initialise);
}

static void *other(void *what)
{
	call(what);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	pid_t child;
	int status;

	if (argc != 2)
		errx(2, "usage: once posix|c11");
	pthread_create(&thread, NULL, other, argv[1]);
	pthread_barrier_wait(&taken);
	child = fork();
	if (child == 0) {
		in_child = 1;
		call(argv[1]);
		_exit(0);
	}
	status = reap(child);
	pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	return status;
}
