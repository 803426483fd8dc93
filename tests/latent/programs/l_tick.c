/* LATENT lock=tick_lock lost=ticker child=tick_read kind=short-section */
#include "lat.h"
/* A section of well under 1 us, every 2 ms. */
static pthread_mutex_t tick_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned long ticks;

static void *ticker(void *u)
{
	for (;;) {
		pthread_mutex_lock(&tick_lock);
		ticks++;
		stretch();
		pthread_mutex_unlock(&tick_lock);
		usleep(2000);
	}
	return u;
}

static int tick_read(void)
{
	pthread_mutex_lock(&tick_lock);
	unsigned long n = ticks;
	pthread_mutex_unlock(&tick_lock);
	return n > 1000000;
}

int main(void)
{
	begin();
	spawn(ticker, NULL);
	return forks(5, 5300, tick_read);
}
