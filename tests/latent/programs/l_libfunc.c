/* LATENT lock=cache_mutex lost=prefetch child=cache_get kind=library-function */
/* build: -Lbin -lcachea */
#include "lat.h"
/* Neither side names the lock: both call a library. */
long cache_get(int k);

static void *prefetch(void *u)
{
	for (int k = 1;; k++) {
		cache_get(k);
		usleep(2700);
	}
	return u;
}

static int handle(void)
{
	return cache_get(0) < 0;
}

int main(void)
{
	begin();
	spawn(prefetch, NULL);
	return forks(5, 6100, handle);
}
