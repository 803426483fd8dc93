/*
 * cure-openmp HOW [cured]: the parent has used OpenMP, and so does its child. HOW it is cured:
 * "pause", its threads are ended before the fork; "one", the child uses one thread; "first",
 * the fork comes before the first parallel region.
 */
#include "case.h"
#include <omp.h>

static const char *how;
static int is_cured;

static long sum(void)
{
	long total = 0;

#pragma omp parallel for reduction(+ : total)
	for (int i = 0; i < 1000; i++)
		total += i; /* SUM */
	return total;
}

static int is(const char *cure)
{
	return is_cured && strcmp(how, cure) == 0;
}

static int work(void)
{
	if (is("one"))
		omp_set_num_threads(1);
	return sum() == 499500 ? 0 : 1;
}

int main(int argc, char **argv)
{
	pid_t child;

	if (argc < 2)
		errx(2, "usage: cure-openmp HOW [cured]");
	how = argv[1];
	is_cured = argc > 2;
	omp_set_num_threads(3);
	if (!is("first"))
		sum();
	if (is("pause"))
		omp_pause_resource_all(omp_pause_hard);
	child = fork(); /* FORK */
	if (child == 0)
		_exit(work());
	return reap(child) + work();
}
