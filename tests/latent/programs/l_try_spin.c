/* LATENT lock=slab_lock lost=trimmer child=slab_alloc kind=try-loop unseen=path */
#include "lat.h"
/* The child tries in a loop, with naps, and never gives up. */
static pthread_mutex_t slab_lock = PTHREAD_MUTEX_INITIALIZER;
static int slabs;

static void *trimmer(void *u)
{
	for (;; usleep(2600)) {
		pthread_mutex_lock(&slab_lock);
		if (slabs > 3)
			slabs = 3;
		stretch();
		pthread_mutex_unlock(&slab_lock);
	}
	return u;
}

static int slab_alloc(void)
{
	for (int tries = 0; pthread_mutex_trylock(&slab_lock) != 0; tries++)
		usleep(500);
	int n = ++slabs;
	pthread_mutex_unlock(&slab_lock);
	return n < 0;
}

int main(void)
{
	begin();
	spawn(trimmer, NULL);
	return forks(5, 5100, slab_alloc);
}
