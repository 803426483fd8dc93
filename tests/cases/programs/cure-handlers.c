/*
 * cure-handlers WHAT [cured]: fork() that waits in a prepare handler, and the cure that a report
 * prints for it. WHAT: "blocked", another thread has the handler's lock while it waits for its
 * own work; "unknown", the handler waits until a worker is idle, and it never is.
 */
#include "case.h"
#include <semaphore.h>

static pthread_mutex_t queue_mutex = PTHREAD_MUTEX_INITIALIZER;
static sem_t work, idle;
static int is_cured;

static void lock_queue(void)
{
	pthread_mutex_lock(&queue_mutex); /* PREPARE */
}

static void unlock_queue(void)
{
	pthread_mutex_unlock(&queue_mutex);
}

static void *wait_with_lock(void *unused)
{
	lock_queue();
	pthread_barrier_wait(&taken);
	if (is_cured)
		unlock_queue();
	sem_wait(&work); /* WORK */
	if (!is_cured)
		unlock_queue();
	return NULL;
}

static void await_idle(void)
{
	sem_wait(&idle); /* IDLE */
	sem_post(&idle);
}

static void *work_for_long(void *unused)
{
	pthread_barrier_wait(&taken);
	if (is_cured)
		sem_post(&idle);
	sem_wait(&work);
	sem_post(&idle);
	return NULL;
}

int main(int argc, char **argv)
{
	int is_blocked = argc > 1 && strcmp(argv[1], "blocked") == 0;
	pthread_t thread;
	pid_t child;

	is_cured = argc > 2;
	end_with_guard();
	sem_init(&work, 0, 0);
	sem_init(&idle, 0, 0);
	if (is_blocked)
		pthread_atfork(lock_queue, unlock_queue, unlock_queue);
	else
		pthread_atfork(await_idle, NULL, NULL);
	pthread_create(&thread, NULL, is_blocked ? wait_with_lock : work_for_long, NULL);
	pthread_barrier_wait(&taken);
	child = fork(); /* FORK */
	if (child == 0)
		_exit(0);
	sem_post(&work);
	pthread_join(thread, NULL);
	return reap(child);
}
