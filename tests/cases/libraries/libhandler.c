/* A library whose prepare handler stops its thread, as OpenBLAS' does. */
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

void handler_start(pthread_mutex_t *needed);

static pthread_t handler_thread;
static bool handler_runs;
static pthread_barrier_t handler_begins;

/* Finishes its work first, for which it needs the caller's lock. */
static void *handler_work(void *needed)
{
	pthread_barrier_wait(&handler_begins);
	pthread_mutex_lock(needed); /* NEED */
	pthread_mutex_unlock(needed);
	return NULL;
}

static void handler_prepare(void)
{
	if (handler_runs)
		pthread_join(handler_thread, NULL); /* JOIN */
	handler_runs = false;
}

void handler_start(pthread_mutex_t *needed)
{
	pthread_barrier_init(&handler_begins, NULL, 2);
	pthread_create(&handler_thread, NULL, handler_work, needed); /* CREATE */
	handler_runs = true;
	pthread_atfork(handler_prepare, NULL, NULL);
	pthread_barrier_wait(&handler_begins);
}
