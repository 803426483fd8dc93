/*
 * parked MODE: a child of a program with threads waits in a semaphore. Only in
 * "hang" nobody can wake it. Linked statically by the cases of unobserved.c.
 */
#include "../case.h"
#include <semaphore.h>
#include <sys/mman.h>

#define THREADS 3

static sem_t never;
static int gate[2]; /* closed when the child may end */

static void *park(void *unused)
{
	sem_wait(&never);
	return unused;
}

static void on_signal(int signal)
{
	(void)signal;
	_exit(0);
}

/* Longer than a hang takes to be proven: what is healthy stays unharmed. */
static void wait_long(void)
{
	sleep(3);
}

static int be_child(char **argv, sem_t *shared)
{
	char byte;

	if (mode_is(argv, "shared"))
		sem_wait(shared);
	else if (mode_is(argv, "pipe"))
		(void)!read(gate[0], &byte, 1);
	else if (mode_is(argv, "handler"))
		signal(SIGTERM, on_signal), sem_wait(&never);
	else if (mode_is(argv, "exec"))
		sleep(1), execl(argv[0], argv[0], "alone", (char *)NULL);
	else
		sem_wait(&never); /* HANG */
	return 0;
}

static void wake(char **argv, sem_t *shared, pid_t child)
{
	sem_post(shared);
	close(gate[1]);
	if (mode_is(argv, "handler") || mode_is(argv, "exec"))
		kill(child, SIGTERM);
}

int main(int argc, char **argv)
{
	sem_t *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_t thread;
	pid_t child;

	(void)argc;
	sem_init(&never, 0, 0);
	if (mode_is(argv, "alone"))
		return park(NULL) != NULL;
	if (shared == MAP_FAILED || sem_init(shared, 1, 0) != 0 || pipe(gate) != 0)
		err(2, "setting up");
	for (int i = 0; i < THREADS; i++)
		pthread_create(&thread, NULL, park, NULL);
	child = fork();
	if (child == 0) {
		close(gate[1]);
		_exit(be_child(argv, shared));
	}
	if (!mode_is(argv, "hang"))
		wait_long(), wake(argv, shared, child);
	return reap(child);
}
