/* LATENT lock=sum_lock lost=second child=sum_get kind=thread-ended */
#include "lat.h"
/* Two threads; the first is joined before the fork, the second goes on. */
static pthread_mutex_t sum_lock = PTHREAD_MUTEX_INITIALIZER;
static long sum;

static void add(long n)
{
	pthread_mutex_lock(&sum_lock);
	sum += n;
	stretch();
	pthread_mutex_unlock(&sum_lock);
}

static void *first(void *u)
{
	for (int i = 0; i < 5; i++)
		add(1);
	return u;
}

static void *second(void *u)
{
	for (int i = 0; i < 20000; i++) {
		add(2);
		usleep(2200);
	}
	return u;
}

static int sum_get(void)
{
	pthread_mutex_lock(&sum_lock);
	long n = sum;
	pthread_mutex_unlock(&sum_lock);
	return n < 5;
}

int main(void)
{
	begin();
	pthread_t a = spawn(first, NULL), b = spawn(second, NULL);
	pthread_join(a, NULL);
	int bad = forks(4, 5800, sum_get);
	pthread_detach(b);
	return bad;
}
