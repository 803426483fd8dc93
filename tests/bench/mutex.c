/* A mutex that nobody else wants, taken and released in a tight loop. Another thread exists, for
 * without one the C library leaves the atomic instructions out. */
#include "bench.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t finished;

int main(int argc, char **argv)
{
	long operations = bench_operations(argc, argv, 20000000);
	pthread_t thread;
	double start;

	pthread_barrier_init(&finished, NULL, 2);
	bench_start(&thread, bench_idle, &finished);
	start = bench_now();
	for (long i = 0; i < operations; i++) {
		pthread_mutex_lock(&mutex);
		pthread_mutex_unlock(&mutex);
	}
	bench_print(start, operations);
	pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	return 0;
}
