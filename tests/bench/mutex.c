/* A mutex that nobody else wants, taken and released in a tight loop. */
#include "bench_tight.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static inline void once(void)
{
	pthread_mutex_lock(&mutex);
	pthread_mutex_unlock(&mutex);
}
