/* LATENT lock=stripe[].lock lost=indexer child=find kind=stripes */
#include "lat.h"
/* 64 stripes; the indexer goes round all, the child asks for one key in each run. */
static struct {
	pthread_mutex_t lock;
	int n;
} stripe[64];

static void *indexer(void *u)
{
	for (unsigned k = 0;; k++) {
		pthread_mutex_lock(&stripe[k * 7 % 64].lock);
		stripe[k * 7 % 64].n++;
		if (k * 7 % 64 < 12)
			stretch();
		pthread_mutex_unlock(&stripe[k * 7 % 64].lock);
		usleep(150);
	}
	return u;
}

static int find(void)
{
	int sum = 0;
	for (int k = 0; k < 12; k++) {
		pthread_mutex_lock(&stripe[k].lock);
		sum += stripe[k].n;
		pthread_mutex_unlock(&stripe[k].lock);
	}
	return sum < 0;
}

int main(void)
{
	begin();
	for (int i = 0; i < 64; i++)
		pthread_mutex_init(&stripe[i].lock, NULL);
	spawn(indexer, NULL);
	ms(16);
	return forks(6, 7100, find);
}
