/* SAFE kind=reinit-memset the child wipes the whole struct, and with it the lock */
#include "lat.h"
static struct state {
	pthread_mutex_t lock;
	struct figures {
		long n, sum, max;
	} f;
} state;

static void state_add(struct state *s, long v)
{
	pthread_mutex_lock(&s->lock);
	s->f.n++;
	s->f.sum += v;
	if (v > s->f.max) {
		s->f.max = v;
	}
	stretch();
	pthread_mutex_unlock(&s->lock);
}

static void *poller(void *u)
{
	for (long v = 0;; v++) {
		state_add(&state, v);
		usleep(2300);
	}
	return u;
}

static int child_main(void)
{
	memset(&state, 0, sizeof state);
	state_add(&state, 7);
	return state.f.n != 1;
}

int main(void)
{
	begin();
	pthread_mutex_init(&state.lock, NULL);
	spawn(poller, NULL);
	return forks(4, 6700, child_main);
}
