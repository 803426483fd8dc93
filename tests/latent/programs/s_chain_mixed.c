/* SAFE kind=chain T -> U by pipe, U -> V by condition variable, V -> main by join, then the fork */
#include "lat.h"
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER, m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int p[2], told, value;

static void *t_thread(void *u)
{
	pthread_mutex_lock(&lock);
	value = 1;
	stretch();
	pthread_mutex_unlock(&lock);
	if (write(p[1], "x", 1) != 1)
		abort();
	pause();
	return u;
}

static void *u_thread(void *u)
{
	char x;
	if (read(p[0], &x, 1) != 1)
		abort();
	pthread_mutex_lock(&m);
	told = 1;
	pthread_cond_signal(&c);
	pthread_mutex_unlock(&m);
	pause();
	return u;
}

static void *v_thread(void *u)
{
	pthread_mutex_lock(&m);
	while (!told)
		pthread_cond_wait(&c, &m);
	pthread_mutex_unlock(&m);
	return u;
}

static int child_main(void)
{
	pthread_mutex_lock(&lock);
	int v = value;
	pthread_mutex_unlock(&lock);
	return v != 1;
}

int main(void)
{
	begin();
	if (pipe(p))
		return 2;
	pthread_t v = spawn(v_thread, NULL);
	spawn(u_thread, NULL);
	spawn(t_thread, NULL);
	pthread_join(v, NULL);
	return forks(3, 800, child_main);
}
