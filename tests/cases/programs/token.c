/*
 * token WHAT: a semaphore that serves as a lock (Python up to 3.12 builds its
 * locks so). Another thread has taken it at the fork, or given it back.
 */
#include "case.h"
#include <semaphore.h>

static sem_t token;
static int gives_back;

static void put_back(void)
{
	sem_post(&token); /* POST */
}

static void *holder(void *unused)
{
	sem_wait(&token);
	put_back();
	sem_wait(&token); /* TAKE */
	if (gives_back)
		put_back();
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	return NULL;
}

static void work(const char *what)
{
	if (strcmp(what, "remade") == 0)
		sem_init(&token, 0, 1);
	if (strcmp(what, "tried") == 0)
		_exit(sem_trywait(&token) == -1 && errno == EAGAIN ? 0 : 1);
	sem_wait(&token); /* WAIT */
	_exit(0);
}

int main(int argc, char **argv)
{
	pthread_t thread;
	pid_t child;
	int status;

	if (argc != 2)
		errx(2, "usage: token WHAT");
	gives_back = mode_is(argv, "given-back");
	sem_init(&token, 0, 1);                      /* INITIALISE */
	pthread_create(&thread, NULL, holder, NULL); /* CREATE */
	pthread_setname_np(thread, "keeper");
	pthread_barrier_wait(&taken);
	child = fork(); /* FORK */
	if (child == 0)
		work(argv[1]); /* CHILD */
	status = reap(child);
	pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	return status;
}
