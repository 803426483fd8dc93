/* SAFE kind=errorcheck a child handler sets it up anew */
#include "lat.h"
/* A mutex of another type (errorcheck). */
static struct {
	pthread_mutex_t m;
	int depth, v;
} big;

static void setup(void)
{
	pthread_mutexattr_t a;
	pthread_mutexattr_init(&a);
	pthread_mutexattr_settype(&a, PTHREAD_MUTEX_ERRORCHECK);
	if (pthread_mutex_init(&big.m, &a))
		abort();
	pthread_mutexattr_destroy(&a);
}

static void *toucher(void *u)
{
	for (;; usleep(2000)) {
		if (pthread_mutex_lock(&big.m))
			abort();
		big.v++;
		stretch();
		pthread_mutex_unlock(&big.m);
	}
	return u;
}

static int peek(void)
{
	int e = pthread_mutex_lock(&big.m);
	if (e)
		return e;
	int v = big.v;
	pthread_mutex_unlock(&big.m);
	return v < 0;
}

int main(void)
{
	begin();
	setup();
	pthread_atfork(NULL, NULL, setup);
	spawn(toucher, NULL);
	return forks(5, 5600, peek);
}
