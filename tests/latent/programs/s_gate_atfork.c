/* SAFE kind=gate-atfork handlers hold outer over the fork; inner is only ever taken under it */
#include "lat.h"
static pthread_mutex_t outer = PTHREAD_MUTEX_INITIALIZER, inner = PTHREAD_MUTEX_INITIALIZER;
static int value;

static void before(void)
{
	pthread_mutex_lock(&outer);
}
static void after(void)
{
	pthread_mutex_unlock(&outer);
}

static void inner_add(void)
{
	pthread_mutex_lock(&inner);
	value++;
	stretch();
	pthread_mutex_unlock(&inner);
}

static void *slow_path(void *u)
{
	for (;; usleep(2900)) {
		pthread_mutex_lock(&outer);
		inner_add();
		pthread_mutex_unlock(&outer);
	}
	return u;
}

static int inner_read(void)
{
	pthread_mutex_lock(&inner);
	int v = value;
	pthread_mutex_unlock(&inner);
	return v < 0;
}

int main(void)
{
	begin();
	pthread_atfork(before, after, after);
	spawn(slow_path, NULL);
	spawn(slow_path, NULL);
	return forks(5, 5600, inner_read);
}
