/* LATENT lock=grid_lock lost=solver child=grid_get kind=stop-barrier */
#include "lat.h"
/* Phases divided by a barrier: main forks in the phase in which the solvers work. */
static pthread_mutex_t grid_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t phase;
static int grid;

static void *solver(void *u)
{
	for (;;) {
		pthread_barrier_wait(&phase); /* A: work */
		usleep(400);
		pthread_mutex_lock(&grid_lock);
		grid++;
		stretch();
		pthread_mutex_unlock(&grid_lock);
		pthread_barrier_wait(&phase); /* B: rest */
	}
	return u;
}

static int grid_get(void)
{
	pthread_mutex_lock(&grid_lock);
	int n = grid;
	pthread_mutex_unlock(&grid_lock);
	return n < 0;
}

int main(void)
{
	int bad = 0;

	begin();
	pthread_barrier_init(&phase, NULL, 3);
	spawn(solver, NULL);
	spawn(solver, NULL);
	for (int i = 0; i < 4; i++) {
		pthread_barrier_wait(&phase);
		usleep(6000);
		pid_t pid = fork();
		if (pid == 0)
			_exit(grid_get());
		bad |= reap(pid);
		pthread_barrier_wait(&phase);
	}
	_exit(bad);
}
