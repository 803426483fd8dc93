/*
 * unknown-python: exports what an interpreter of CPython exports, of a version
 * that nobody has seen. Its child waits for a thread that it does not have.
 */
#include "case.h"
#include <semaphore.h>

unsigned long Py_Version = 0x036300f0;
char _PyRuntime[4096];
char PyCode_Type[256];
char PyUnicode_Type[256];

static sem_t answered;

static void *serve(void *unused)
{
	sem_post(&answered);
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	return unused;
}

int main(void)
{
	pthread_t server;
	pid_t child;
	int status;

	sem_init(&answered, 0, 0);
	pthread_create(&server, NULL, serve, NULL);
	pthread_barrier_wait(&taken);
	sem_wait(&answered);
	child = fork(); /* FORK */
	if (child == 0) {
		sem_wait(&answered); /* WAIT */
		_exit(0);
	}
	status = reap(child);
	pthread_barrier_wait(&finished);
	pthread_join(server, NULL);
	return status;
}
