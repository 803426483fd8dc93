/* SAFE kind=start-up main waits by condition variable; the loader never takes dict_lock again */
#include "lat.h"
/* main waits by condition variable until the loader says ready. */
static pthread_mutex_t dict_lock = PTHREAD_MUTEX_INITIALIZER,
		       ready_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ready_cond = PTHREAD_COND_INITIALIZER;
static int ready, dict[100];

static void dict_fill(int from)
{
	pthread_mutex_lock(&dict_lock);
	for (int i = 0; i < 100; i++)
		dict[i] = from + i;
	stretch();
	pthread_mutex_unlock(&dict_lock);
}

static void *loader(void *u)
{
	dict_fill(0);
	dict_fill(1);
	pthread_mutex_lock(&ready_lock);
	ready = 1;
	pthread_cond_broadcast(&ready_cond);
	pthread_mutex_unlock(&ready_lock);
	sem_t never;
	sem_init(&never, 0, 0);
	semwait(&never);
	return u;
}

static int dict_find(void)
{
	pthread_mutex_lock(&dict_lock);
	int n = dict[42];
	pthread_mutex_unlock(&dict_lock);
	return n != 43;
}

int main(void)
{
	begin();
	spawn(loader, NULL);
	pthread_mutex_lock(&ready_lock);
	while (!ready)
		pthread_cond_wait(&ready_cond, &ready_lock);
	pthread_mutex_unlock(&ready_lock);
	return forks(6, 3100, dict_find);
}
