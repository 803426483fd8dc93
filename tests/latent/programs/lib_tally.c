/* Called from Python by ctypes: a mutex inside C. */
#include "lat.h"
static pthread_mutex_t tally_mutex = PTHREAD_MUTEX_INITIALIZER;
static long tally;
long tally_add(long n)
{
	pthread_mutex_lock(&tally_mutex);
	tally += n;
	long r = tally;
	if (n && getenv("SLOW"))
		usleep(20000);
	pthread_mutex_unlock(&tally_mutex);
	return r;
}
