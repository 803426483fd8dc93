#include "lat.h"
/* Part b of *_names: a static lock called 'lock' in each. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int state;
int part_b(int long_one)
{
	begin();
	pthread_mutex_lock(&lock);
	int n = ++state;
	if (long_one)
		stretch();
	pthread_mutex_unlock(&lock);
	return n;
}
