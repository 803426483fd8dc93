/* condition MODE: who has the mutex of a condition wait when the process forks. */
#include "case.h"
#include <stdbool.h>
#include <time.h>

static pthread_mutex_t queue_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t queue_filled = PTHREAD_COND_INITIALIZER;
static bool filled;
static pthread_barrier_t cleaning;
static bool cleanup_waits;

static void *consumer(void *unused)
{
	pthread_mutex_lock(&queue_mutex); /* ENTER */
	pthread_barrier_wait(&taken);
	while (!filled)
		pthread_cond_wait(&queue_filled, &queue_mutex);
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	pthread_mutex_unlock(&queue_mutex);
	return NULL;
}

static void *timed_consumer(void *unused)
{
	struct timespec past = {0};

	pthread_mutex_lock(&queue_mutex); /* TIMED */
	pthread_barrier_wait(&taken);
	pthread_cond_timedwait(&queue_filled, &queue_mutex, &past);
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	pthread_mutex_unlock(&queue_mutex);
	return NULL;
}

static void clean_up(void *unused)
{
	if (cleanup_waits) {
		pthread_barrier_wait(&cleaning);
		pthread_barrier_wait(&finished);
	}
	pthread_mutex_unlock(&queue_mutex);
}

static void *cancelled_consumer(void *unused)
{
	pthread_mutex_lock(&queue_mutex); /* CANCELLED */
	pthread_cleanup_push(clean_up, NULL);
	pthread_barrier_wait(&taken);
	while (!filled)
		pthread_cond_wait(&queue_filled, &queue_mutex);
	pthread_cleanup_pop(1);
	return NULL;
}

/* Returns once the consumer waits: only then is its mutex free. */
static void until_it_waits(void)
{
	pthread_barrier_wait(&taken);
	pthread_mutex_lock(&queue_mutex);
	pthread_mutex_unlock(&queue_mutex);
}

static void fill(void)
{
	pthread_mutex_lock(&queue_mutex);
	filled = true;
	pthread_cond_signal(&queue_filled);
	pthread_mutex_unlock(&queue_mutex);
}

static int fork_and_lock(void)
{
	pid_t child = fork(); /* FORK */

	if (child == 0) {
		pthread_mutex_lock(&queue_mutex); /* CHILD */
		pthread_mutex_unlock(&queue_mutex);
		_exit(0);
	}
	return reap(child);
}

static int parked(pthread_t *thread)
{
	int status;

	pthread_create(thread, NULL, consumer, NULL);
	until_it_waits();
	status = fork_and_lock();
	fill();
	pthread_barrier_wait(&taken);
	return status;
}

static int returned(pthread_t *thread)
{
	pthread_create(thread, NULL, consumer, NULL);
	until_it_waits();
	fill();
	pthread_barrier_wait(&taken);
	return fork_and_lock(); /* RETURNED */
}

static int timed_out(pthread_t *thread)
{
	pthread_create(thread, NULL, timed_consumer, NULL);
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&taken);
	return fork_and_lock();
}

static int cancelled(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, cancelled_consumer, NULL);
	until_it_waits();
	pthread_cancel(thread);
	pthread_join(thread, NULL);
	return fork_and_lock();
}

static int cleaning_up(pthread_t *thread)
{
	pthread_barrier_init(&cleaning, NULL, 2);
	cleanup_waits = true;
	pthread_create(thread, NULL, cancelled_consumer, NULL);
	until_it_waits();
	pthread_cancel(*thread);
	pthread_barrier_wait(&cleaning);
	return fork_and_lock();
}

int main(int argc, char **argv)
{
	pthread_t thread;
	int status;

	(void)argc;
	if (mode_is(argv, "cancelled"))
		return cancelled();
	if (mode_is(argv, "cleaning-up"))
		status = cleaning_up(&thread);
	else if (mode_is(argv, "timed-out"))
		status = timed_out(&thread);
	else if (mode_is(argv, "returned"))
		status = returned(&thread);
	else
		status = parked(&thread);
	pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	return status;
}
