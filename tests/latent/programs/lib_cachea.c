/* A cache library that never heard of fork. */
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
