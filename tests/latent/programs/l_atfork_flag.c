/* LATENT lock=meter_lock lost=meter child=meter_read kind=atfork-conditional */
#include "lat.h"
/* A child handler makes the lock anew, but only where fork support was switched on. */
static pthread_mutex_t meter_lock = PTHREAD_MUTEX_INITIALIZER;
static int fork_support = 0, units;

static void in_child(void)
{
	if (fork_support)
		pthread_mutex_init(&meter_lock, NULL);
}

static void *meter(void *u)
{
	for (;; usleep(2000)) {
		pthread_mutex_lock(&meter_lock);
		units++;
		stretch();
		pthread_mutex_unlock(&meter_lock);
	}
	return u;
}

static int meter_read(void)
{
	pthread_mutex_lock(&meter_lock);
	int n = units;
	pthread_mutex_unlock(&meter_lock);
	return n < 0;
}

int main(void)
{
	begin();
	pthread_atfork(NULL, NULL, in_child);
	spawn(meter, NULL);
	return forks(5, 5600, meter_read);
}
