/* LATENT lock=lock lost=job child=child_main kind=thread-comes-and-goes */
#include "lat.h"
/* Short threads, one for each request, that nobody waits for; between two of them there is none. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int sum;

static void *job(void *u)
{
	pthread_detach(pthread_self());
	usleep(2500);
	pthread_mutex_lock(&lock);
	sum++;
	stretch();
	pthread_mutex_unlock(&lock);
	usleep(2000);
	return u;
}

static int child_main(void)
{
	pthread_mutex_lock(&lock);
	int n = sum;
	pthread_mutex_unlock(&lock);
	return n < 0;
}

int main(void)
{
	int bad = 0;

	begin();
	for (int i = 0; i < 6; i++) {
		spawn(job, NULL);
		bad |= forks(1, i % 2 ? 1200 : 3700, child_main);
		ms(4);
	}
	return bad;
}
