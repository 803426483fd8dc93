/* LATENT lock=spin lost=bumper child=peek kind=spin */
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
	spawn(bumper, NULL);
	return forks(5, 5700, peek);
}
