/* SAFE kind=once glibc's pthread_once runs the routine again in a child that was forked in the
 * middle of it */
#include "lat.h"
static pthread_once_t once = PTHREAD_ONCE_INIT;
static volatile int made;

static void make(void)
{
	stretch();
	made = 1;
}

static void *first(void *u)
{
	usleep(5000);
	pthread_once(&once, make);
	pause();
	return u;
}

static int child_main(void)
{
	pthread_once(&once, make);
	return made != 1;
}

int main(void)
{
	begin();
	spawn(first, NULL);
	return forks(5, 2200, child_main);
}
