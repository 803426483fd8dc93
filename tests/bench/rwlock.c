/*
 * Two threads that take turns under a read-write lock: each looks whose turn it is
 * as a reader and passes it on as a writer.
 */
#include "bench.h"
#include <sched.h>

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static long turn;

static long read_turn(void)
{
	long seen;

	pthread_rwlock_rdlock(&lock);
	seen = turn;
	pthread_rwlock_unlock(&lock);
	return seen;
}

static void take_turns(long first, long operations)
{
	while (first < operations) {
		if (read_turn() != first) {
			sched_yield();
			continue;
		}
		pthread_rwlock_wrlock(&lock);
		turn++;
		pthread_rwlock_unlock(&lock);
		first += 2;
	}
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
