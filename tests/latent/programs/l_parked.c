/* LATENT lock=out_lock lost=printer child=out_put kind=parked */
#include "lat.h"
/* The thread waits (semaphore) until main lets it go, which it does after the second of six forks.
 */
#define GO_AT 2
static pthread_mutex_t out_lock = PTHREAD_MUTEX_INITIALIZER;
static sem_t may;
static int written;

static int out_put(void)
{
	pthread_mutex_lock(&out_lock);
	int n = ++written;
	stretch();
	pthread_mutex_unlock(&out_lock);
	return n < 0;
}

static void *printer(void *u)
{
	semwait(&may);
	for (;; usleep(2000))
		out_put();
	return u;
}

int main(void)
{
	int bad = 0;

	begin();
	sem_init(&may, 0, 0);
	spawn(printer, NULL);
	for (int i = 0; i < 6; i++) {
		if (i == GO_AT)
			sem_post(&may);
		bad |= forks(1, 3700, out_put);
	}
	if (GO_AT == 6)
		sem_post(&may);
	ms(8);
	return bad;
}
