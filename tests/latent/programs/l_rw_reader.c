/* LATENT lock=routes lost=router child=route_add kind=rwlock */
#include "lat.h"
/* The thread only reads; the child writes, and waits for a reader that it has not. */
static pthread_rwlock_t routes = PTHREAD_RWLOCK_INITIALIZER;
static int table[32] = {1};

static void *router(void *u)
{
	long hits = 0;
	for (;;) {
		pthread_rwlock_rdlock(&routes);
		for (int i = 0; i < 32; i++)
			hits += table[i];
		stretch();
		pthread_rwlock_unlock(&routes);
		usleep(1900);
	}
	return u;
}

static int route_add(void)
{
	pthread_rwlock_wrlock(&routes);
	table[7]++;
	pthread_rwlock_unlock(&routes);
	return 0;
}

int main(void)
{
	begin();
	spawn(router, NULL);
	return forks(5, 5600, route_add);
}
