/* fork, exit and wait in a process with four idle threads, or as many as it is told. */
#include "bench.h"
#include <sys/wait.h>
#include <unistd.h>

#ifndef THREADS
#define THREADS    4
#define OPERATIONS 2000
#endif

#ifndef ENDED
#define ENDED 0
#endif

static void live_and_end(int count)
{
	pthread_t *threads = calloc((size_t)count + 1, sizeof(*threads));
	pthread_barrier_t all;

	pthread_barrier_init(&all, NULL, (unsigned)count + 1);
	for (int i = 0; i < count; i++)
		bench_start(&threads[i], bench_idle, &all);
	pthread_barrier_wait(&all);
	for (int i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	free(threads);
}

int main(int argc, char **argv)
{
	long operations = bench_operations(argc, argv, OPERATIONS);
	pthread_t threads[THREADS + 1];
	pthread_barrier_t finished;
	double start;

	live_and_end(ENDED);
	pthread_barrier_init(&finished, NULL, THREADS + 1);
	for (int i = 0; i < THREADS; i++)
		bench_start(&threads[i], bench_idle, &finished);
	start = bench_now();
	for (long i = 0; i < operations; i++) {
		pid_t child = fork();

		if (child == 0)
			_exit(0);
		if (child < 0 || waitpid(child, NULL, 0) != child)
			err(1, "fork");
	}
	bench_print(start, operations);
	pthread_barrier_wait(&finished);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
