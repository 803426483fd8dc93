/* LATENT lock=busy lost=owner child=busy_take kind=cond-lock */
#include "lat.h"
/* A lock made of a flag and a condition variable: its mutex is free while it is held. */
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t freed = PTHREAD_COND_INITIALIZER;
static int busy, value;

static void busy_take(void)
{
	pthread_mutex_lock(&m);
	while (busy)
		pthread_cond_wait(&freed, &m);
	busy = 1;
	pthread_mutex_unlock(&m);
}

static void busy_drop(void)
{
	pthread_mutex_lock(&m);
	busy = 0;
	pthread_cond_signal(&freed);
	pthread_mutex_unlock(&m);
}

static void *owner(void *u)
{
	for (;; usleep(2300)) {
		busy_take();
		value++;
		stretch();
		busy_drop();
	}
	return u;
}

static int child_main(void)
{
	busy_take();
	int v = value;
	busy_drop();
	return v < 0;
}

int main(void)
{
	begin();
	spawn(owner, NULL);
	return forks(5, 5700, child_main);
}
