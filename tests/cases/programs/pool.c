/* pool MODE: a child gives work to the pool of threads that its parent started. */
#include "../libraries/libpool.c"
#include "case.h"

#define THREADS 2

static int use_pool(void)
{
	return pool_run(21) == 42 ? 0 : 1; /* USE */
}

static int restart_and_use(void)
{
	pool_restart(THREADS);
	return use_pool();
}

static int use_in_grandchild(void)
{
	pid_t grandchild = fork();

	if (grandchild == 0)
		_exit(use_pool()); /* GRANDCHILD */
	return reap_within(grandchild, CASE_PATIENCE / 2);
}

static pthread_mutex_t parking = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;

static void *park(void *unused)
{
	pthread_mutex_lock(&parking);
	pthread_barrier_wait(&taken);
	for (;;)
		pthread_cond_wait(&never, &parking);
	return NULL;
}

/* The child has a thread of its own, but not one that could help. */
static int use_beside_thread(void)
{
	pthread_t thread;

	pthread_barrier_init(&taken, NULL, 2);
	pthread_create(&thread, NULL, park, NULL);
	pthread_barrier_wait(&taken);
	return use_pool();
}

static void *user(void *unused)
{
	use_pool();
	return NULL;
}

/* It is a thread of the child that waits; the others wait for that one. */
static int use_in_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, user, NULL);
	pthread_join(thread, NULL);
	return 0;
}

static pthread_mutex_t own_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t own_submitted = PTHREAD_COND_INITIALIZER;
static pthread_cond_t own_completed = PTHREAD_COND_INITIALIZER;
static int own_tasks, own_unfinished;

static int take_own_task(void)
{
	pthread_mutex_lock(&own_mutex);
	while (own_tasks == 0)
		pthread_cond_wait(&own_submitted, &own_mutex);
	own_tasks--;
	pthread_mutex_unlock(&own_mutex);
	return own_tasks;
}

static void *own_worker(void *unused)
{
	take_own_task();
	use_pool(); /* TASK */
	pthread_mutex_lock(&own_mutex);
	own_unfinished--;
	pthread_cond_signal(&own_completed);
	pthread_mutex_unlock(&own_mutex);
	return unused;
}

/* A pool of the child's own: one of its tasks uses the one that was lost. */
static int use_own_pool(void)
{
	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, own_worker, NULL);
	pthread_mutex_lock(&own_mutex);
	own_tasks = own_unfinished = 1;
	pthread_cond_signal(&own_submitted);
	while (own_unfinished != 0)
		pthread_cond_wait(&own_completed, &own_mutex);
	pthread_mutex_unlock(&own_mutex);
	return 0;
}

static int work(char **argv)
{
	if (mode_is(argv, "own-restarted"))
		pool_restart(THREADS);
	if (mode_is(argv, "own") || mode_is(argv, "own-restarted"))
		return use_own_pool();
	if (mode_is(argv, "restarted"))
		return restart_and_use();
	if (mode_is(argv, "unused"))
		return 0;
	if (mode_is(argv, "grandchild"))
		return use_in_grandchild();
	if (mode_is(argv, "beside"))
		return use_beside_thread();
	if (mode_is(argv, "in-thread"))
		return use_in_thread();
	return use_pool(); /* WORK */
}

int main(int argc, char **argv)
{
	pid_t child;

	(void)argc;
	pool_start(THREADS); /* START */
	child = fork();      /* FORK */
	if (child == 0)
		_exit(work(argv)); /* CHILD */
	return reap(child);
}
