/* Four threads that want the same mutex all the time, and a counter under it. */
#include "bench.h"

#define THREADS 4

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static volatile long counter;

static void *work(void *operations)
{
	for (long i = *(long *)operations; i > 0; i--) {
		pthread_mutex_lock(&mutex);
		counter++;
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	long operations = bench_operations(argc, argv, 4000000);
	pthread_t threads[THREADS];
	double start = bench_now();

	for (int i = 0; i < THREADS; i++)
		bench_start(&threads[i], work, &operations);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	bench_print(start, operations * THREADS);
	return counter != operations * THREADS;
}
