/* LATENT lock=box_lock lost=mover child=box_open kind=raw-clone */
#define _GNU_SOURCE
#include "lat.h"
#include <sched.h>
/* clone() with a function and a stack, and a memory of its own. */
#define FLAGS 0
static pthread_mutex_t box_lock = PTHREAD_MUTEX_INITIALIZER;
static volatile int box;
static char stack[65536] __attribute__((aligned(64)));

static void *mover(void *u)
{
	for (;; usleep(2200)) {
		pthread_mutex_lock(&box_lock);
		box++;
		stretch();
		pthread_mutex_unlock(&box_lock);
	}
	return u;
}

static int box_open(void *u)
{
	pthread_mutex_lock(&box_lock);
	int n = box;
	pthread_mutex_unlock(&box_lock);
	return n < 0 || u != NULL;
}

int main(void)
{
	int bad = 0;

	begin();
	spawn(mover, NULL);
	for (int i = 0; i < 5; i++) {
		usleep(5500);
		pid_t pid = clone(box_open, stack + sizeof stack, FLAGS | SIGCHLD, NULL);
		bad |= reap(pid);
	}
	return bad;
}
