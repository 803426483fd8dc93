/* SAFE kind=sem-lock the child initialises the semaphore to 1 before it uses it */
#include "lat.h"
/* A semaphore of 1 as a lock. */
static sem_t turn;
static int jobs;

static void print_one(void)
{
	semwait(&turn);
	jobs++;
	stretch();
	sem_post(&turn);
}

static void *printer(void *u)
{
	for (;; usleep(2200))
		print_one();
	return u;
}

static int child_main(void)
{
	sem_init(&turn, 0, 1);
	print_one();
	return 0;
}

int main(void)
{
	begin();
	sem_init(&turn, 0, 1);
	spawn(printer, NULL);
	return forks(5, 6200, child_main);
}
