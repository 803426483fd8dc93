/* The same tight loop in a process without other threads. */
#include "bench.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

int main(int argc, char **argv)
{
	long operations = bench_operations(argc, argv, 20000000);
	double start = bench_now();

	for (long i = 0; i < operations; i++) {
		pthread_mutex_lock(&mutex);
		pthread_mutex_unlock(&mutex);
	}
	bench_print(start, operations);
	return 0;
}
