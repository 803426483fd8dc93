/* A read-write lock that nobody else wants, taken for reading in a tight loop. */
#include "bench_tight.h"

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;

static inline void once(void)
{
	pthread_rwlock_rdlock(&lock);
	pthread_rwlock_unlock(&lock);
}
