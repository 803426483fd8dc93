/*
 * A small server: one thread logs, the main thread forks workers that log too.
 * Its workers hang nearly always, for the log's mutex is held when they are
 * made. It gives up after ten seconds and then exits with 1.
 */
#include "log.h"
#include "pool.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <time.h>

#define WORKERS 4

int main(int argc, char **argv)
{
	pid_t workers[WORKERS];
	size_t stuck;

	pthread_setname_np(pthread_self(), "server");
	log_init(argc > 1 ? argv[1] : "/dev/null");
	for (size_t i = 0; i < WORKERS; i++) {
		workers[i] = spawn_worker();
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
	stuck = reap_workers(workers, WORKERS);
	if (stuck == 0)
		return EXIT_SUCCESS;
	fprintf(stderr, "server: %zu of %d workers did not end\n", stuck, WORKERS);
	return EXIT_FAILURE;
}
