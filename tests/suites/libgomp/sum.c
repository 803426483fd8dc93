/* A sum by an OpenMP team in the parent, then by the same team in its child. */
#include "../reap.h"

#define COUNT 1000000

static double values[COUNT];

static double sum(void)
{
	double total = 0;

#pragma omp parallel for num_threads(4) reduction(+ : total)
	for (int i = 0; i < COUNT; i++)
		total += values[i];
	return total;
}

int main(void)
{
	pid_t child;

	for (int i = 0; i < COUNT; i++)
		values[i] = 1;
	if (sum() < COUNT)
		return 1;
	child = fork();
	if (child == 0)
		_exit(sum() < COUNT);
	return reap(child);
}
