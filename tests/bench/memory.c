/*
 * How much memory a process has when its threads, none or as many as it is told,
 * have each taken locks from a few places. Prints KiB: private pages, and its share of
 * those that it has in common with others (Pss).
 */
#include "bench.h"
#include <string.h>

#ifndef THREADS
#define THREADS 0
#endif

#define PLACES 4

static pthread_mutex_t locks[PLACES];

static void take(int place)
{
	switch (place) {
	case 0:
		pthread_mutex_lock(&locks[0]);
		break;
	case 1:
		pthread_mutex_lock(&locks[1]);
		break;
	case 2:
		pthread_mutex_lock(&locks[2]);
		break;
	default:
		pthread_mutex_lock(&locks[3]);
	}
	pthread_mutex_unlock(&locks[place]);
}

static void take_all(void)
{
	for (int place = 0; place < PLACES; place++)
		take(place);
}

static void *work(void *ready)
{
	take_all();
	pthread_barrier_wait(ready);
	/* The main thread has looked. */
	pthread_barrier_wait(ready);
	return NULL;
}

static long read_share(void)
{
	FILE *file = fopen("/proc/self/smaps_rollup", "r");
	char line[128];
	long kibibytes = -1;

	if (!file)
		err(1, "/proc/self/smaps_rollup");
	while (kibibytes < 0 && fgets(line, sizeof(line), file))
		if (strncmp(line, "Pss:", 4) == 0)
			kibibytes = atol(line + 4);
	fclose(file);
	return kibibytes;
}

int main(void)
{
	static pthread_t threads[THREADS + 1];
	pthread_barrier_t ready;

	pthread_barrier_init(&ready, NULL, THREADS + 1);
	for (int i = 0; i < THREADS; i++)
		bench_start(&threads[i], work, &ready);
	take_all();
	pthread_barrier_wait(&ready);
	printf("%ld\n", read_share());
	pthread_barrier_wait(&ready);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
