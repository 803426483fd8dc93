/* LATENT lock=lru_lock lost=evictor child=lru_get kind=try-lock */
#include "lat.h"
/* The evictor only ever tries (it must not disturb); the child locks. */
static pthread_mutex_t lru_lock = PTHREAD_MUTEX_INITIALIZER;
static int lru[8];

static void *evictor(void *u)
{
	for (int i = 0;; i++) {
		if (pthread_mutex_trylock(&lru_lock) == 0) {
			lru[i % 8] = 0;
			stretch();
			pthread_mutex_unlock(&lru_lock);
		}
		usleep(1700);
	}
	return u;
}

static int lru_get(void)
{
	pthread_mutex_lock(&lru_lock);
	int n = lru[2];
	pthread_mutex_unlock(&lru_lock);
	return n;
}

int main(void)
{
	begin();
	spawn(evictor, NULL);
	return forks(5, 5200, lru_get);
}
