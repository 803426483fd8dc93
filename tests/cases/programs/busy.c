/* busy MODE: two hundred forks while another thread takes and releases the lock all the time. */
#include "case.h"
#include <stdatomic.h>

#define FORKS 200

static pthread_mutex_t busy_mutex = PTHREAD_MUTEX_INITIALIZER;
static atomic_int stop;

static void *hammer(void *unused)
{
	pthread_barrier_wait(&taken);
	while (!atomic_load(&stop)) {
		pthread_mutex_lock(&busy_mutex);
		pthread_mutex_unlock(&busy_mutex);
	}
	return NULL;
}

static void work(char **argv)
{
	if (mode_is(argv, "try") && pthread_mutex_trylock(&busy_mutex) == 0)
		pthread_mutex_unlock(&busy_mutex);
	if (mode_is(argv, "remade")) {
		pthread_mutex_init(&busy_mutex, NULL);
		pthread_mutex_lock(&busy_mutex);
		pthread_mutex_unlock(&busy_mutex);
	}
	if (mode_is(argv, "free-only") && pthread_mutex_trylock(&busy_mutex) == 0) {
		pthread_mutex_unlock(&busy_mutex);
		pthread_mutex_lock(&busy_mutex);
		pthread_mutex_unlock(&busy_mutex);
	}
	_exit(0);
}

int main(int argc, char **argv)
{
	pthread_t thread;
	int status = 0;

	(void)argc;
	pthread_create(&thread, NULL, hammer, NULL);
	pthread_barrier_wait(&taken);
	for (int i = 0; i < FORKS && status == 0; i++) {
		pid_t child = fork(); /* FORK */

		if (child == 0)
			work(argv);
		status = reap(child);
	}
	atomic_store(&stop, 1);
	pthread_join(thread, NULL);
	return status;
}
