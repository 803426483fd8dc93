/* SAFE kind=try-loop the child tries 20 times, then works without the slab */
#include "lat.h"
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
		if (tries == 20)
			return 0;
		else
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
