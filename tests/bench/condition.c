/* Two threads that hand a token to and fro with a condition variable. */
#include "bench.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static long turn;

static void take_turns(long first, long operations)
{
	pthread_mutex_lock(&mutex);
	for (; first < operations; first += 2) {
		while (turn != first)
			pthread_cond_wait(&changed, &mutex);
		turn++;
		pthread_cond_signal(&changed);
	}
	pthread_mutex_unlock(&mutex);
}

static void *partner(void *operations)
{
	take_turns(1, *(long *)operations);
	return NULL;
}

int main(int argc, char **argv)
{
	long operations = bench_operations(argc, argv, 400000);
	pthread_t thread;
	double start = bench_now();

	bench_start(&thread, partner, &operations);
	take_turns(0, operations);
	pthread_join(thread, NULL);
	bench_print(start, operations);
	return turn != operations;
}
