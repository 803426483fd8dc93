/* SAFE kind=atfork-partial the prepare handler tries for as long as it takes */
#include "lat.h"
static pthread_mutex_t pool_lock = PTHREAD_MUTEX_INITIALIZER;
static int got, free_slots = 10;

static void before(void)
{
	while (pthread_mutex_trylock(&pool_lock) != 0)
		usleep(300);
	got = 1;
}
static void after(void)
{
	if (got)
		pthread_mutex_unlock(&pool_lock);
}

static void *reaper(void *u)
{
	for (;;) {
		pthread_mutex_lock(&pool_lock);
		free_slots = 10;
		stretch();
		pthread_mutex_unlock(&pool_lock);
		usleep(1900);
	}
	return u;
}

static int pool_take(void)
{
	pthread_mutex_lock(&pool_lock);
	int n = free_slots--;
	pthread_mutex_unlock(&pool_lock);
	return n <= 0;
}

int main(void)
{
	begin();
	pthread_atfork(before, after, after);
	spawn(reaper, NULL);
	return forks(5, 5100, pool_take);
}
