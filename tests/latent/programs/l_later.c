/* LATENT lock=map_lock lost=late child=map_get kind=thread-later */
#include "lat.h"
/* The thread is made after the first fork, and lives through the next three. */
static pthread_mutex_t map_lock = PTHREAD_MUTEX_INITIALIZER;
static int map[16];

static void *late(void *u)
{
	for (int i = 0; i < 100; i++) {
		pthread_mutex_lock(&map_lock);
		map[i % 16]++;
		stretch();
		pthread_mutex_unlock(&map_lock);
		usleep(2700);
	}
	return u;
}

static int map_get(void)
{
	pthread_mutex_lock(&map_lock);
	int n = map[3];
	pthread_mutex_unlock(&map_lock);
	return n < 0;
}

int main(void)
{
	begin();
	int bad = forks(1, 100, map_get);
	spawn(late, NULL);
	bad |= forks(3, 6600, map_get);
	return bad;
}
