/* A cache library that registers its fork handlers in its constructor. */
#include "lat.h"
static pthread_mutex_t cache_mutex = PTHREAD_MUTEX_INITIALIZER;
static long hits;
long cache_get(int k)
{
	if (!slow)
		begin();
	pthread_mutex_lock(&cache_mutex);
	long r = hits += k;
	if (k)
		stretch();
	pthread_mutex_unlock(&cache_mutex);
	return r;
}
static void before(void)
{
	pthread_mutex_lock(&cache_mutex);
}
static void after(void)
{
	pthread_mutex_unlock(&cache_mutex);
}
__attribute__((constructor)) static void setup(void)
{
	pthread_atfork(before, after, after);
}
