/*
 * waiters WHAT: threads wait on a condition variable at the fork. What the child
 * does to it waits for them: they stayed in the parent.
 */
#include "case.h"

#define WAITERS 2

static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int done, waiting;

static void *waiter(void *unused)
{
	pthread_mutex_lock(&mutex);
	waiting++;
	while (!done)
		pthread_cond_wait(&changed, &mutex); /* PARK */
	pthread_mutex_unlock(&mutex);
	return NULL;
}

/* Under the mutex they are either before their wait or in it. */
static void start_waiters(pthread_t *threads, int count)
{
	int seen = 0;

	for (int i = 0; i < count; i++)
		pthread_create(&threads[i], NULL, waiter, NULL); /* CREATE */
	while (seen < count) {
		pthread_mutex_lock(&mutex);
		seen = waiting;
		pthread_mutex_unlock(&mutex);
	}
	waiting = 0;
}

static void stop_waiters(pthread_t *threads)
{
	pthread_mutex_lock(&mutex);
	done = 1;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&mutex);
	for (int i = 0; i < WAITERS; i++)
		pthread_join(threads[i], NULL);
	done = 0;
}

/* glibc moves on to those that came later once the earlier ones have left. */
static void call(const char *what)
{
	pthread_t own;

	if (strcmp(what, "destroy") == 0)
		pthread_cond_destroy(&changed); /* DESTROY */
	pthread_cond_broadcast(&changed);
	start_waiters(&own, 1);
	if (strcmp(what, "signal") == 0)
		pthread_cond_signal(&changed); /* SIGNAL */
	if (strcmp(what, "broadcast") == 0)
		pthread_cond_broadcast(&changed); /* BROADCAST */
}

int main(int argc, char **argv)
{
	pthread_t threads[WAITERS];
	pid_t child;
	int status;

	if (argc < 2)
		errx(2, "usage: waiters WHAT [gone|remade]");
	start_waiters(threads, WAITERS); /* START */
	if (argc > 2 && strcmp(argv[2], "gone") == 0)
		stop_waiters(threads);
	child = fork(); /* FORK */
	if (child == 0) {
		if (argc > 2 && strcmp(argv[2], "remade") == 0)
			pthread_cond_init(&changed, NULL);
		call(argv[1]); /* CHILD */
		_exit(0);
	}
	status = reap(child);
	if (argc == 2 || strcmp(argv[2], "gone") != 0)
		stop_waiters(threads);
	return status;
}
