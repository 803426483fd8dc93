/* meeting OBJECT MODE: the child waits for its parent's thread at a semaphore or at a barrier. */
#include "case.h"
#include <semaphore.h>
#include <stdbool.h>

static sem_t asked;
static sem_t answered;
static pthread_barrier_t meeting;

static void *answerer(void *unused)
{
	sem_wait(&asked);
	sem_post(&answered);
	return NULL;
}

static void *visitor(void *unused)
{
	sem_wait(&asked);
	pthread_barrier_wait(&meeting);
	return NULL;
}

static int ask(void)
{
	sem_post(&asked);
	return sem_wait(&answered); /* SEMAPHORE */
}

static int meet(void)
{
	sem_post(&asked);
	pthread_barrier_wait(&meeting); /* BARRIER */
	return 0;
}

static void start(bool is_barrier)
{
	pthread_t thread;

	pthread_create(&thread, NULL, is_barrier ? visitor : answerer, NULL); /* CREATE */
	pthread_detach(thread);
}

/* In the child: a thread of its own, and objects on which nobody is waited for. */
static void start_again(bool is_barrier)
{
	sem_init(&asked, 0, 0);
	sem_init(&answered, 0, 0);
	pthread_barrier_init(&meeting, NULL, 2);
	start(is_barrier);
}

static int work(bool is_barrier, bool again)
{
	if (again)
		start_again(is_barrier);
	return is_barrier ? meet() : ask(); /* WORK */
}

int main(int argc, char **argv)
{
	bool is_barrier = mode_is(argv, "barrier");
	pid_t child;

	if (argc != 3)
		errx(2, "usage: meeting OBJECT MODE");
	sem_init(&asked, 0, 0);
	sem_init(&answered, 0, 0);
	pthread_barrier_init(&meeting, NULL, 2);
	start(is_barrier); /* START */
	child = fork();    /* FORK */
	if (child == 0)
		_exit(work(is_barrier, strcmp(argv[2], "again") == 0)); /* CHILD */
	return reap(child);
}
