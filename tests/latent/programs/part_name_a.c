#include "lat.h"
/* Part a of *_names: a static lock called 'lock' in each. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int state;
int part_a(int long_one)
{
	begin();
	pthread_mutex_lock(&lock);
	int n = ++state;
	if (long_one)
		stretch();
	pthread_mutex_unlock(&lock);
	return n;
}
