/* LATENT lock=a_lock lost=a_thread child=b_child kind=atfork-order */
#include "lat.h"
/* A makes its lock anew in a child handler. B's child handler, registered before A's,
 * runs before it and calls A. */
static pthread_mutex_t a_lock = PTHREAD_MUTEX_INITIALIZER;
static int a_count, b_seen;

static int a_get(void)
{
	pthread_mutex_lock(&a_lock);
	int n = a_count;
	pthread_mutex_unlock(&a_lock);
	return n;
}

static void *a_thread(void *u)
{
	for (;;) {
		pthread_mutex_lock(&a_lock);
		a_count++;
		stretch();
		pthread_mutex_unlock(&a_lock);
		usleep(2200);
	}
	return u;
}

static void a_child(void)
{
	pthread_mutex_init(&a_lock, NULL);
}
static void b_child(void)
{
	b_seen = a_get();
}
static int work(void)
{
	return a_get() < b_seen;
}

int main(void)
{
	begin();
	pthread_atfork(NULL, NULL, b_child);
	pthread_atfork(NULL, NULL, a_child);
	spawn(a_thread, NULL);
	return forks(4, 5900, work);
}
