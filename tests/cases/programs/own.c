/* own TYPE WHAT: the forking thread itself holds the mutex. */
#include "case.h"

static pthread_mutex_t own_mutex;

static void *idle(void *unused)
{
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	return NULL;
}

static void initialise(const char *type)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	if (strcmp(type, "recursive") == 0)
		pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
	if (strcmp(type, "errorcheck") == 0)
		pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&own_mutex, &attributes);
}

/* The child's only thread has another id: to these types it is no owner. */
static void unlock(const char *type)
{
	int expected = strcmp(type, "normal") == 0 ? 0 : EPERM;

	if (pthread_mutex_unlock(&own_mutex) != expected)
		_exit(1);
}

static void work(char **argv)
{
	if (strcmp(argv[2], "latent") == 0)
		_exit(0);
	if (strcmp(argv[2], "try") == 0)
		_exit(pthread_mutex_trylock(&own_mutex) == EBUSY ? 0 : 1); /* TRY */
	if (strcmp(argv[2], "relock") != 0)
		unlock(argv[1]);
	pthread_mutex_lock(&own_mutex); /* CHILD */
	pthread_mutex_unlock(&own_mutex);
	_exit(0);
}

static void lock_own(void)
{
	pthread_mutex_lock(&own_mutex); /* ACQUIRE */
}

int main(int argc, char **argv)
{
	pthread_t thread;
	pid_t child;
	int status;

	if (argc != 3)
		errx(2, "usage: own TYPE WHAT");
	initialise(argv[1]);
	pthread_create(&thread, NULL, idle, NULL);
	pthread_barrier_wait(&taken);
	lock_own();     /* CALL */
	child = fork(); /* FORK */
	if (child == 0)
		work(argv); /* WORK */
	pthread_mutex_unlock(&own_mutex);
	status = reap(child);
	pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	return status;
}
