/* atfork MODE: handlers of the program's own hold the lock across every fork; a thread keeps it
 * busy. */
#include "case.h"
#include <stdatomic.h>

#define FORKS 50

static pthread_mutex_t guarded_mutex = PTHREAD_MUTEX_INITIALIZER;
static atomic_int stop;

static void prepare(void)
{
	pthread_mutex_lock(&guarded_mutex);
}

static void release(void)
{
	pthread_mutex_unlock(&guarded_mutex);
}

static void remake(void)
{
	pthread_mutex_init(&guarded_mutex, NULL);
}

static void *hammer(void *unused)
{
	pthread_barrier_wait(&taken);
	while (!atomic_load(&stop)) {
		pthread_mutex_lock(&guarded_mutex);
		pthread_mutex_unlock(&guarded_mutex);
	}
	return NULL;
}

static int fork_and_lock(void)
{
	pid_t child = fork();

	if (child == 0) {
		pthread_mutex_lock(&guarded_mutex);
		pthread_mutex_unlock(&guarded_mutex);
		_exit(0);
	}
	return reap(child);
}

int main(int argc, char **argv)
{
	pthread_t thread;
	int status = 0;

	(void)argc;
	pthread_atfork(prepare, release, mode_is(argv, "remade") ? remake : release);
	pthread_create(&thread, NULL, hammer, NULL);
	pthread_barrier_wait(&taken);
	for (int i = 0; i < FORKS && status == 0; i++)
		status = fork_and_lock();
	atomic_store(&stop, 1);
	pthread_join(thread, NULL);
	return status;
}
