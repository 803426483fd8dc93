/* LATENT lock=dev_lock lost=watchdog child=dev_read kind=timed-lock */
#include "lat.h"
/* The watchdog takes the lock with a time limit; the child without. */
static pthread_mutex_t dev_lock = PTHREAD_MUTEX_INITIALIZER;
static int dev;

static int dev_lock_for(int millis)
{
	struct timespec ts;
	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_nsec += millis * 1000000L;
	if (ts.tv_nsec >= 1000000000L) {
		ts.tv_sec++;
		ts.tv_nsec -= 1000000000L;
	}
	return pthread_mutex_timedlock(&dev_lock, &ts);
}

static void *watchdog(void *u)
{
	for (;; usleep(2100)) {
		if (dev_lock_for(50) != 0)
			continue;
		dev++;
		stretch();
		pthread_mutex_unlock(&dev_lock);
	}
	return u;
}

static int dev_read(void)
{
	pthread_mutex_lock(&dev_lock);
	int n = dev;
	pthread_mutex_unlock(&dev_lock);
	return n < 0;
}

int main(void)
{
	begin();
	spawn(watchdog, NULL);
	return forks(5, 5700, dev_read);
}
