/* UNDECIDABLE flag: a mutex-protected flag that main polls (lock, look, unlock, nap): no blocking
 * wait ever (in fact safe) */
#include "lat.h"
static pthread_mutex_t flag_lock = PTHREAD_MUTEX_INITIALIZER, data_lock = PTHREAD_MUTEX_INITIALIZER;
static int want, done, value;

static int get(int *p)
{
	pthread_mutex_lock(&flag_lock);
	int v = *p;
	pthread_mutex_unlock(&flag_lock);
	return v;
}
static void set(int *p, int v)
{
	pthread_mutex_lock(&flag_lock);
	*p = v;
	pthread_mutex_unlock(&flag_lock);
}

static void *worker(void *u)
{
	for (;; usleep(300)) {
		int w = get(&want);
		if (w == get(&done))
			continue;
		pthread_mutex_lock(&data_lock);
		value = w;
		stretch();
		pthread_mutex_unlock(&data_lock);
		set(&done, w);
	}
	return u;
}

static int child_main(void)
{
	pthread_mutex_lock(&data_lock);
	int v = value;
	pthread_mutex_unlock(&data_lock);
	return v < 1;
}

int main(void)
{
	int bad = 0;

	begin();
	spawn(worker, NULL);
	for (int i = 1; i < 6; i++) {
		set(&want, i);
		while (get(&done) != i)
			usleep(400);
		bad |= forks(1, 50, child_main);
	}
	return bad;
}
