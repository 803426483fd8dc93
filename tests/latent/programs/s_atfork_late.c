/* SAFE kind=atfork-late the handlers are registered late, but before the thread starts */
#include "lat.h"
/* Forks 1 to 3 have no other thread. */
static pthread_mutex_t cfg_lock = PTHREAD_MUTEX_INITIALIZER;
static int generation;

static void before(void)
{
	pthread_mutex_lock(&cfg_lock);
}
static void after(void)
{
	pthread_mutex_unlock(&cfg_lock);
}

static void *reloader(void *u)
{
	for (;;) {
		pthread_mutex_lock(&cfg_lock);
		generation++;
		stretch();
		pthread_mutex_unlock(&cfg_lock);
		usleep(2000);
	}
	return u;
}

static int cfg_get(void)
{
	pthread_mutex_lock(&cfg_lock);
	int g = generation;
	pthread_mutex_unlock(&cfg_lock);
	return g < 0;
}

int main(void)
{
	int bad = 0;

	begin();
	for (int i = 0; i < 6; i++) {
		usleep(4700);
		if (i == 3) {
			pthread_atfork(before, after, after);
			spawn(reloader, NULL);
			usleep(3000);
		}
		pid_t pid = fork();
		if (pid == 0)
			_exit(cfg_get());
		bad |= reap(pid);
	}
	return bad;
}
