/* UNDECIDABLE time: a time-sliced plan: the thread works in even slots of 16 ms, main forks in odd
 * ones */
#include "lat.h"
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int value;

static long slot_wait(int odd)
{
	struct timespec ts;
	for (;; usleep(500)) {
		clock_gettime(CLOCK_MONOTONIC, &ts);
		long m = ts.tv_nsec / 1000000;
		if (m / 16 % 2 == odd && m % 16 < 6)
			return m;
	}
}

static void *worker(void *u)
{
	for (;; ms(10)) {
		slot_wait(0);
		pthread_mutex_lock(&lock);
		value++;
		if (slow)
			ms(5);
		pthread_mutex_unlock(&lock);
	}
	return u;
}

static int child_main(void)
{
	pthread_mutex_lock(&lock);
	int v = value;
	pthread_mutex_unlock(&lock);
	return v < 0;
}

int main(void)
{
	int bad = 0;

	begin();
	spawn(worker, NULL);
	for (int i = 0; i < 4; i++) {
		ms(11);
		slot_wait(1);
		pid_t pid = fork();
		if (pid == 0)
			_exit(child_main());
		bad |= reap(pid);
	}
	return bad;
}
