/* What the benchmark programs share. Each times itself and prints nanoseconds per operation. */
#ifndef BENCH_H
#define BENCH_H

#include <err.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* The first argument divides the work: slow tools get less of it. */
static inline long bench_operations(int argc, char **argv, long operations)
{
	long divisor = argc > 1 ? atol(argv[1]) : 1;

	return divisor > 1 ? operations / divisor : operations;
}

static inline double bench_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static inline void bench_print(double start, long operations)
{
	printf("%.2f\n", (bench_now() - start) / (double)operations);
}

static inline void *bench_idle(void *barrier)
{
	pthread_barrier_wait(barrier);
	return NULL;
}

static inline void bench_start(pthread_t *thread, void *(*routine)(void *), void *argument)
{
	if (pthread_create(thread, NULL, routine, argument) != 0)
		errx(1, "no thread");
}

#endif
