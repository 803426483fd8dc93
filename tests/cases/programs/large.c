/*
 * large threads N    N threads that sleep, and 20 forks
 * large locks N      N mutexes, each taken once, the last 50 of them held at 20 forks
 *
 * Prints how long a fork with its wait took, in microseconds.
 */
#include "case.h"
#include <limits.h>
#include <time.h>

#define FORKS 20
#define HELD  50

static void *idle(void *data)
{
	pthread_barrier_wait(&finished);
	return data;
}

static double microseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int forks(void)
{
	double start = microseconds();

	for (int i = 0; i < FORKS; i++) {
		pid_t child = fork(); /* FORK */

		if (child == 0)
			_exit(0);
		if (child < 0 || waitpid(child, NULL, 0) != child)
			err(2, "fork");
	}
	printf("%.0f\n", (microseconds() - start) / FORKS);
	return 0;
}

static int threads(int count)
{
	pthread_attr_t small;
	pthread_t thread;
	int result;

	pthread_barrier_init(&finished, NULL, (unsigned)count + 1);
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, PTHREAD_STACK_MIN + 16384);
	for (int i = 0; i < count; i++)
		if (pthread_create(&thread, &small, idle, NULL))
			err(2, "pthread_create");
	result = forks();
	pthread_barrier_wait(&finished);
	return result;
}

struct locks {
	pthread_mutex_t *list;
	int count;
};

static void *hold(void *data)
{
	struct locks *locks = data;

	for (int i = 0; i < locks->count; i++) {
		pthread_mutex_init(&locks->list[i], NULL);
		pthread_mutex_lock(&locks->list[i]); /* HOLD */
		if (i < locks->count - HELD)
			pthread_mutex_unlock(&locks->list[i]);
	}
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	return data;
}

static int locks(int count)
{
	struct locks all = {calloc((size_t)count, sizeof(*all.list)), count};
	pthread_t thread;
	int result;

	if (all.list == NULL || pthread_create(&thread, NULL, hold, &all))
		err(2, "locks");
	pthread_barrier_wait(&taken);
	result = forks();
	pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	free(all.list);
	return result;
}

int main(int argc, char **argv)
{
	int count = argc > 2 ? atoi(argv[2]) : 100;

	return mode_is(argv, "threads") ? threads(count) : locks(count);
}
