/* LATENT lock=ready_cond lost=starter child=wait_ready kind=lost-answer unseen=luck */
#include "lat.h"
/* The child waits until the service is ready. It has been in every run so far. */
static pthread_mutex_t ready_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ready_cond = PTHREAD_COND_INITIALIZER;
static int ready;

static void *starter(void *u)
{
	if (slow)
		ms(300);
	pthread_mutex_lock(&ready_lock);
	ready = 1;
	pthread_cond_broadcast(&ready_cond);
	pthread_mutex_unlock(&ready_lock);
	pause();
	return u;
}

static void wait_ready(void)
{
	pthread_mutex_lock(&ready_lock);
	while (!ready)
		pthread_cond_wait(&ready_cond, &ready_lock);
	pthread_mutex_unlock(&ready_lock);
}

static int child_main(void)
{
	wait_ready();
	return 0;
}

int main(void)
{
	begin();
	spawn(starter, NULL);
	return forks(3, 15000, child_main);
}
