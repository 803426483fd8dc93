/* holders MODE: who holds the lock: named, started and created in every way there is. */
#include "case.h"
#include <semaphore.h>
#include <sys/prctl.h>
#include <threads.h>

static pthread_mutex_t held_mutex = PTHREAD_MUTEX_INITIALIZER;
static sem_t ended;

static void hold(void)
{
	pthread_mutex_lock(&held_mutex); /* ACQUIRE */
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	pthread_mutex_unlock(&held_mutex);
	sem_post(&ended);
}

static void *plain(void *unused)
{
	hold();
	return NULL;
}

static void *names_itself(void *unused)
{
	pthread_setname_np(pthread_self(), "self-named");
	hold();
	return NULL;
}

static void *names_itself_by_prctl(void *unused)
{
	prctl(PR_SET_NAME, "prctl-named");
	hold();
	return NULL;
}

static int c11(void *unused)
{
	hold();
	return 0;
}

static void fork_and_lock(int *status)
{
	pid_t child = fork(); /* FORK */

	if (child == 0) {
		pthread_mutex_lock(&held_mutex); /* CHILD */
		pthread_mutex_unlock(&held_mutex);
		_exit(0);
	}
	*status = reap(child);
}

static void *forks(void *status)
{
	fork_and_lock(status); /* FORKS */
	return NULL;
}

static void start(char **argv)
{
	pthread_attr_t attributes;
	pthread_t thread;
	thrd_t c11_thread;

	pthread_attr_init(&attributes);
	if (mode_is(argv, "detached"))
		pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	if (mode_is(argv, "small-stack"))
		pthread_attr_setstacksize(&attributes, 16384);
	if (mode_is(argv, "c11"))
		thrd_create(&c11_thread, c11, NULL); /* C11 */
	else if (mode_is(argv, "self-named"))
		pthread_create(&thread, NULL, names_itself, NULL);
	else if (mode_is(argv, "prctl"))
		pthread_create(&thread, NULL, names_itself_by_prctl, NULL);
	else
		pthread_create(&thread, &attributes, plain, NULL); /* CREATE */
	if (mode_is(argv, "detached-later"))
		pthread_detach(thread);
	pthread_barrier_wait(&taken);
	if (mode_is(argv, "named"))
		pthread_setname_np(thread, "named-by-main");
}

/* The main thread holds the lock and another one forks. */
static int main_holds(void)
{
	pthread_t thread;
	int status;

	pthread_mutex_lock(&held_mutex); /* MAIN */
	pthread_create(&thread, NULL, forks, &status);
	pthread_setname_np(thread, "forker");
	pthread_join(thread, NULL);
	pthread_mutex_unlock(&held_mutex);
	return status;
}

int main(int argc, char **argv)
{
	int status;

	(void)argc;
	sem_init(&ended, 0, 0);
	if (mode_is(argv, "main"))
		return main_holds();
	start(argv);
	fork_and_lock(&status);
	pthread_barrier_wait(&finished);
	while (sem_wait(&ended) != 0)
		continue;
	return status;
}
