/* LATENT lock=init_lock lost=refresh child=child_main kind=once */
#include "lat.h"
/* pthread_once itself is made anew by glibc in a child; the lock that the routine and the refresh
 * take is not. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t init_lock = PTHREAD_MUTEX_INITIALIZER;
static int made;

static void make(void)
{
	pthread_mutex_lock(&init_lock);
	made++;
	pthread_mutex_unlock(&init_lock);
}

static void *refresh(void *u)
{
	for (;; usleep(2000)) {
		pthread_mutex_lock(&init_lock);
		made |= 8;
		stretch();
		pthread_mutex_unlock(&init_lock);
	}
	return u;
}

static int child_main(void)
{
	pthread_once(&once, make);
	return made < 1;
}

int main(void)
{
	begin();
	spawn(refresh, NULL);
	return forks(5, 5500, child_main);
}
