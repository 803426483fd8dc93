/* SAFE kind=sem-lock the semaphore is in shared memory: the thread that is lost to the child still
 * posts it */
#include "lat.h"
/* A semaphore of 1 as a lock. */
static sem_t *shm;
#define turn (*shm)
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
	print_one();
	return 0;
}

int main(void)
{
	begin();
	shm = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	sem_init(shm, 1, 1);
	spawn(printer, NULL);
	return forks(5, 6200, child_main);
}
