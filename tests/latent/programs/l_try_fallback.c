/* LATENT lock=stats_lock lost=collector child=stats_flush kind=try-lock unseen=path */
#include "lat.h"
/* The child tries; when that fails it counts a contention and takes the lock the hard way. */
static pthread_mutex_t stats_lock = PTHREAD_MUTEX_INITIALIZER;
static int stats, contended;

static void *collector(void *u)
{
	for (;; usleep(2300)) {
		pthread_mutex_lock(&stats_lock);
		stats++;
		stretch();
		pthread_mutex_unlock(&stats_lock);
	}
	return u;
}

static int stats_flush(void)
{
	if (pthread_mutex_trylock(&stats_lock) != 0) {
		contended++;
		pthread_mutex_lock(&stats_lock);
	}
	stats = 0;
	pthread_mutex_unlock(&stats_lock);
	return 0;
}

int main(void)
{
	begin();
	spawn(collector, NULL);
	return forks(5, 5900, stats_flush);
}
