/* SAFE kind=sem-lock a named semaphore is shared memory: the lost thread lives on in the parent and
 * posts */
#include "lat.h"
#include <fcntl.h>
static sem_t *turn;
static int jobs;

static void one(void)
{
	semwait(turn);
	jobs++;
	stretch();
	sem_post(turn);
}

static void *other(void *u)
{
	for (;; usleep(2200))
		one();
	return u;
}

static int child_main(void)
{
	one();
	return 0;
}

int main(void)
{
	char name[32];

	begin();
	snprintf(name, sizeof name, "/latent.%d", (int)getpid());
	turn = sem_open(name, O_CREAT | O_EXCL, 0600, 1);
	if (turn == SEM_FAILED)
		return 2;
	sem_unlink(name);
	spawn(other, NULL);
	return forks(4, 6200, child_main);
}
