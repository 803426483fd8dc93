/* SAFE kind=short-section the child reads a copy that main keeps under a lock that only main uses
 */
#include "lat.h"
static pthread_mutex_t tick_lock = PTHREAD_MUTEX_INITIALIZER, copy_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned long ticks, copy;

static void *ticker(void *u)
{
	for (;;) {
		pthread_mutex_lock(&tick_lock);
		ticks++;
		stretch();
		pthread_mutex_unlock(&tick_lock);
		usleep(2000);
	}
	return u;
}

static int tick_read(void)
{
	pthread_mutex_lock(&copy_lock);
	unsigned long n = copy;
	pthread_mutex_unlock(&copy_lock);
	return n > 1000000;
}

int main(void)
{
	int bad = 0;

	begin();
	spawn(ticker, NULL);
	for (int i = 0; i < 5; i++) {
		usleep(5300);
		pthread_mutex_lock(&tick_lock);
		unsigned long n = ticks;
		pthread_mutex_unlock(&tick_lock);
		pthread_mutex_lock(&copy_lock);
		copy = n;
		pthread_mutex_unlock(&copy_lock);
		pid_t pid = fork();
		if (pid == 0)
			_exit(tick_read());
		bad |= reap(pid);
	}
	return bad;
}
