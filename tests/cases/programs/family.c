/* family MODE: children of children, and children with threads of their own. */
#include "case.h"
#include <stdbool.h>

static pthread_mutex_t family_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t other_mutex = PTHREAD_MUTEX_INITIALIZER;

static void *holder(void *mutex)
{
	pthread_mutex_lock(mutex); /* ACQUIRE */
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	pthread_mutex_unlock(mutex);
	return NULL;
}

static int lock_in_grandchild(bool remake)
{
	pid_t grandchild;

	if (remake)
		pthread_mutex_init(&family_mutex, NULL);
	grandchild = fork(); /* AGAIN */
	if (grandchild == 0) {
		pthread_mutex_lock(&family_mutex); /* GRANDCHILD */
		pthread_mutex_unlock(&family_mutex);
		_exit(0);
	}
	return reap_within(grandchild, CASE_PATIENCE / 2);
}

static void *locks(void *unused)
{
	pthread_mutex_lock(&family_mutex); /* THREAD */
	pthread_mutex_unlock(&family_mutex);
	return NULL;
}

/* The lock's holder is lost, and it is a thread of the child that waits for it. */
static int lock_in_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, locks, NULL);
	pthread_join(thread, NULL);
	return 0;
}

static void *keeps(void *mutex)
{
	pthread_mutex_lock(mutex);
	pthread_barrier_wait(&taken);
	for (int i = 0; i < 1000; i++)
		sched_yield();
	pthread_mutex_unlock(mutex);
	return NULL;
}

/* Contention among the child's own threads is nobody's concern. */
static int contend(void)
{
	pthread_t thread;

	pthread_barrier_init(&taken, NULL, 2);
	pthread_create(&thread, NULL, keeps, &other_mutex);
	pthread_barrier_wait(&taken);
	pthread_mutex_lock(&other_mutex);
	pthread_mutex_unlock(&other_mutex);
	pthread_join(thread, NULL);
	return 0;
}

/* The child's thread holds the lock when the child forks: the second fork is to blame. */
static int hold_in_child(void)
{
	pthread_t thread;
	pid_t grandchild;
	int status;

	pthread_barrier_init(&taken, NULL, 2);
	pthread_barrier_init(&finished, NULL, 2);
	pthread_create(&thread, NULL, holder, &other_mutex);
	pthread_barrier_wait(&taken);
	grandchild = fork(); /* SECOND */
	if (grandchild == 0) {
		pthread_mutex_lock(&other_mutex); /* OTHER */
		pthread_mutex_unlock(&other_mutex);
		_exit(0);
	}
	status = reap_within(grandchild, CASE_PATIENCE / 2);
	pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	return status;
}

static int work(char **argv)
{
	if (mode_is(argv, "thread"))
		return lock_in_thread();
	if (mode_is(argv, "contended"))
		return contend();
	if (mode_is(argv, "second"))
		return hold_in_child();
	return lock_in_grandchild(mode_is(argv, "remade"));
}

int main(int argc, char **argv)
{
	pthread_t thread;
	pid_t child;
	int status;

	(void)argc;
	pthread_create(&thread, NULL, holder, &family_mutex);
	pthread_barrier_wait(&taken);
	child = fork(); /* FORK */
	if (child == 0)
		_exit(work(argv));
	status = reap(child);
	pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	return status;
}
