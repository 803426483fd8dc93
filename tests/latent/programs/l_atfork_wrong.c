/* LATENT lock=stores[1].lock lost=writer child=store_sum kind=atfork-wrong */
#include "lat.h"
/* Two stores of one type; the handlers lock store 0, the child uses store 1. */
struct store {
	pthread_mutex_t lock;
	long sum;
};
static struct store stores[2] = {{PTHREAD_MUTEX_INITIALIZER, 0}, {PTHREAD_MUTEX_INITIALIZER, 0}};
#define COVERED 0

static void hold(void)
{
	pthread_mutex_lock(&stores[COVERED].lock);
}
static void drop(void)
{
	pthread_mutex_unlock(&stores[COVERED].lock);
}

static void store_add(struct store *s, long n)
{
	pthread_mutex_lock(&s->lock);
	s->sum += n;
	stretch();
	pthread_mutex_unlock(&s->lock);
}

static void *writer(void *u)
{
	for (;;) {
		store_add(&stores[1], 3);
		usleep(2500);
	}
	return u;
}

static int store_sum(void)
{
	pthread_mutex_lock(&stores[1].lock);
	long n = stores[1].sum;
	pthread_mutex_unlock(&stores[1].lock);
	return n < 0;
}

int main(void)
{
	begin();
	pthread_atfork(hold, drop, drop);
	spawn(writer, NULL);
	return forks(4, 6100, store_sum);
}
