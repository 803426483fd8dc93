/* SAFE kind=spin prepare and release handlers hold the spin lock over the fork */
#include "lat.h"
static pthread_spinlock_t spin;
static int n;

static void *bumper(void *u)
{
	for (;; usleep(2100)) {
		pthread_spin_lock(&spin);
		n++;
		stretch();
		pthread_spin_unlock(&spin);
	}
	return u;
}

static void hold(void)
{
	pthread_spin_lock(&spin);
}
static void drop(void)
{
	pthread_spin_unlock(&spin);
}

static int peek(void)
{
	pthread_spin_lock(&spin);
	int v = n;
	pthread_spin_unlock(&spin);
	return v < 0;
}

int main(void)
{
	begin();
	pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
	pthread_atfork(hold, drop, drop);
	spawn(bumper, NULL);
	return forks(5, 5700, peek);
}
