/* Two threads that hand a token to and fro with two semaphores. */
#include "bench.h"
#include <semaphore.h>

static sem_t ping, pong;

static void *partner(void *operations)
{
	for (long i = *(long *)operations; i > 0; i--) {
		sem_wait(&ping);
		sem_post(&pong);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	long operations = bench_operations(argc, argv, 200000);
	pthread_t thread;
	double start;

	sem_init(&ping, 0, 0);
	sem_init(&pong, 0, 0);
	bench_start(&thread, partner, &operations);
	start = bench_now();
	for (long i = 0; i < operations; i++) {
		sem_post(&ping);
		sem_wait(&pong);
	}
	bench_print(start, operations);
	pthread_join(thread, NULL);
	return 0;
}
