/* mutex TYPE WHAT: a mutex of that type, held by another thread at the fork or released before. */
#include "case.h"
#include <time.h>

static pthread_mutex_t shared_mutex;
static int released;

static void initialise(const char *type)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	if (strcmp(type, "recursive") == 0)
		pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
	if (strcmp(type, "errorcheck") == 0)
		pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
	if (strcmp(type, "adaptive") == 0)
		pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ADAPTIVE_NP);
	if (strcmp(type, "robust") == 0)
		pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	if (strcmp(type, "inherit") == 0)
		pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
	pthread_mutex_init(&shared_mutex, &attributes); /* INITIALISE */
	pthread_mutexattr_destroy(&attributes);
}

static void *holder(void *unused)
{
	pthread_mutex_lock(&shared_mutex); /* ACQUIRE */
	if (released)
		pthread_mutex_unlock(&shared_mutex);
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	if (!released)
		pthread_mutex_unlock(&shared_mutex);
	return NULL;
}

/* One failed lock is a second, no deadlock: the child goes on. */
static void lock_within(clockid_t clock, const struct timespec *limit)
{
	int result;

	if (clock == CLOCK_REALTIME)
		result = pthread_mutex_timedlock(&shared_mutex, limit); /* TIMED */
	else
		result = pthread_mutex_clocklock(&shared_mutex, clock, limit); /* CLOCK */
	_exit(result == ETIMEDOUT ? 0 : 1);
}

static void lock_for_a_moment(clockid_t clock)
{
	struct timespec limit;

	clock_gettime(clock, &limit);
	limit.tv_nsec += 20000000;
	limit.tv_sec += limit.tv_nsec / 1000000000;
	limit.tv_nsec %= 1000000000;
	lock_within(clock, &limit);
}

static void try_to_lock(int expected)
{
	int result = pthread_mutex_trylock(&shared_mutex); /* TRY */

	_exit(result == expected ? 0 : 1);
}

static void work(char **argv)
{
	if (strcmp(argv[2], "latent") == 0)
		_exit(0);
	if (strcmp(argv[2], "exec") == 0)
		execl("/bin/true", "true", (char *)NULL);
	if (strcmp(argv[2], "try") == 0)
		try_to_lock(EBUSY); /* CALL_TRY */
	if (strcmp(argv[2], "timed") == 0)
		lock_for_a_moment(CLOCK_REALTIME);
	if (strcmp(argv[2], "clock") == 0)
		lock_for_a_moment(CLOCK_MONOTONIC);
	if (strcmp(argv[2], "try-hang") == 0)
		pthread_mutex_trylock(&shared_mutex);
	if (strcmp(argv[2], "remade") == 0 || strcmp(argv[2], "remade-try") == 0)
		initialise(argv[1]);
	if (strcmp(argv[2], "remade-try") == 0)
		try_to_lock(0);
	if (strcmp(argv[2], "overwritten") == 0)
		memset(&shared_mutex, 0, sizeof(shared_mutex));
	pthread_mutex_lock(&shared_mutex); /* CHILD */
	pthread_mutex_unlock(&shared_mutex);
	_exit(0);
}

int main(int argc, char **argv)
{
	pthread_t thread;
	pid_t child;
	int status;

	if (argc != 3)
		errx(2, "usage: mutex TYPE WHAT");
	released = strcmp(argv[2], "released") == 0;
	initialise(argv[1]);
	pthread_create(&thread, NULL, holder, NULL); /* CREATE */
	pthread_barrier_wait(&taken);
	child = fork(); /* FORK */
	if (child == 0)
		work(argv);
	status = reap(child);
	pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	return status;
}
