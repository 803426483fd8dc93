/* LATENT lock=slots lost=user child=child_main kind=sem-lock */
#include "lat.h"
/* Two slots, two threads that use one each, now and then. */
static sem_t slots;
static volatile int uses;

static void use_slot(void)
{
	semwait(&slots);
	uses++;
	stretch();
	sem_post(&slots);
}

static void *user(void *u)
{
	for (;; usleep(1900))
		use_slot();
	return u;
}

static int child_main(void)
{
	use_slot();
	return 0;
}

int main(void)
{
	begin();
	sem_init(&slots, 0, 2);
	spawn(user, NULL);
	spawn(user, NULL);
	return forks(6, 6200, child_main);
}
