/*
 * passes HOW [served]: a child tries in vain for a lock that a lost thread has, goes on, and waits
 * for a pool. That is lost too, or "served": the child has a thread of its own that serves it.
 */
#include "case.h"
#include <time.h>

static pthread_mutex_t cache = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t queue = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t done = PTHREAD_COND_INITIALIZER;
static int jobs, served;

static void *keeper(void *unused)
{
	pthread_mutex_lock(&cache); /* KEEP */
	pthread_barrier_wait(&taken);
	pause();
	return unused;
}

static void serve(void)
{
	pthread_mutex_lock(&queue);
	served = jobs;
	pthread_cond_broadcast(&done); /* SERVE */
	pthread_mutex_unlock(&queue);
}

static void *server(void *unused)
{
	serve();
	pthread_barrier_wait(&taken);
	pause();
	return unused;
}

static void *late_server(void *unused)
{
	usleep(300000);
	serve();
	return unused;
}

static void ask_pool(void)
{
	pthread_mutex_lock(&queue);
	jobs++;
	while (served != jobs)
		pthread_cond_wait(&done, &queue); /* WAIT */
	pthread_mutex_unlock(&queue);
}

static void look_into_cache(int timed)
{
	struct timespec limit;

	clock_gettime(CLOCK_REALTIME, &limit);
	if (timed)
		pthread_mutex_timedlock(&cache, &limit); /* TIMED */
	else
		pthread_mutex_trylock(&cache); /* TRY */
}

int main(int argc, char **argv)
{
	pthread_t thread;
	pid_t child;

	pthread_barrier_init(&taken, NULL, 3);
	pthread_create(&thread, NULL, keeper, NULL); /* CREATE_KEEPER */
	pthread_create(&thread, NULL, server, NULL); /* CREATE_SERVER */
	pthread_barrier_wait(&taken);
	child = fork(); /* FORK */
	if (child == 0) {
		if (argc > 2)
			pthread_create(&thread, NULL, late_server, NULL);
		look_into_cache(mode_is(argv, "timed"));
		ask_pool();
		_exit(0);
	}
	return reap(child);
}
