/* A library that computes with OpenMP: its threads stay for the next time. */
int parallel_sum(void);

int parallel_sum(void)
{
	int sum = 0;

#pragma omp parallel for num_threads(3) reduction(+ : sum)
	for (int i = 0; i < 300; i++)
		sum += i; /* PARALLEL */
	return sum;
}
