/*
 * A tight loop of once(), which the includer defines. Another thread exists, for
 * without one the C library leaves atomic instructions out.
 */
#ifndef BENCH_TIGHT_H
#define BENCH_TIGHT_H

#include "bench.h"

static inline void once(void);

int main(int argc, char **argv)
{
	long operations = bench_operations(argc, argv, 20000000);
	pthread_barrier_t finished;
	pthread_t thread;
	double start;

	pthread_barrier_init(&finished, NULL, 2);
	bench_start(&thread, bench_idle, &finished);
	start = bench_now();
	for (long i = 0; i < operations; i++)
		once();
	bench_print(start, operations);
	pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	return 0;
}

#endif
