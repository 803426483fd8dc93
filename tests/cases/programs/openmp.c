/* openmp MODE: parallel regions in the parent, then in its child. */
#include "case.h"
#include <omp.h>

#define THREADS 3

static long sum(int threads)
{
	long total = 0;

#pragma omp parallel num_threads(threads) reduction(+ : total)
	total += omp_get_thread_num() + 1; /* REGION */
	return total;
}

static int work(char **argv)
{
	if (mode_is(argv, "serial"))
		return sum(1) == 1 ? 0 : 1;
	if (mode_is(argv, "unused"))
		return 0;
	/* More threads than the pool had: the child makes the rest and waits beside them. */
	if (mode_is(argv, "grown"))
		return sum(2 * THREADS) > 0 ? 0 : 1;
	return sum(THREADS) > 0 ? 0 : 1; /* USE */
}

int main(int argc, char **argv)
{
	pid_t child;

	(void)argc;
	omp_set_dynamic(0);
	if (sum(THREADS) == 0)
		errx(2, "no threads");
	/* Ends the pool's threads: the next region of either process makes new ones. */
	if (mode_is(argv, "paused"))
		omp_pause_resource_all(omp_pause_hard);
	child = fork(); /* FORK */
	if (child == 0)
		_exit(work(argv)); /* CHILD */
	return reap(child);
}
