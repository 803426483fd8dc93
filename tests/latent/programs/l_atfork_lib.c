/* LATENT lock=cache_mutex lost=warm child=cache_get kind=atfork-library */
/* build: -Lbin -lcachea */
#include "lat.h"
/* The program has whole handlers for its own lock; the library's lock has none. */
long cache_get(int k);
static pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;
static long mine;

static void before(void)
{
	pthread_mutex_lock(&own);
}
static void after(void)
{
	pthread_mutex_unlock(&own);
}

static void *warm(void *u)
{
	for (;;) {
		long n = cache_get(1);
		pthread_mutex_lock(&own);
		mine = n;
		pthread_mutex_unlock(&own);
		usleep(2500);
	}
	return u;
}

static int serve(void)
{
	pthread_mutex_lock(&own);
	long n = mine;
	pthread_mutex_unlock(&own);
	return cache_get(0) < n;
}

int main(void)
{
	begin();
	pthread_atfork(before, after, after);
	spawn(warm, NULL);
	return forks(5, 6300, serve);
}
