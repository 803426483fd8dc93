/* LATENT kind=gate-monitor mutator uses pages outside of the lock that main forks in */
#include "lat.h"
/* A lock of a mutex and a flag; its condition is needed only where two want it at once. */
static pthread_mutex_t state = PTHREAD_MUTEX_INITIALIZER, pages = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t freed = PTHREAD_COND_INITIALIZER;
static int owned, waiters, used = 1;

static void enter(void)
{
	pthread_mutex_lock(&state);
	while (owned) {
		waiters++;
		pthread_cond_wait(&freed, &state);
		waiters--;
	}
	owned = 1;
	pthread_mutex_unlock(&state);
}

static void leave(void)
{
	pthread_mutex_lock(&state);
	owned = 0;
	if (waiters)
		pthread_cond_signal(&freed);
	pthread_mutex_unlock(&state);
}

static int allocate(void)
{
	pthread_mutex_lock(&pages);
	int n = used++;
	stretch();
	pthread_mutex_unlock(&pages);
	return n < 1;
}

static void *mutator(void *u)
{
	for (;;) {
		enter();
		leave();
		allocate();
		usleep(1300);
	}
	return u;
}

int main(void)
{
	int bad = 0;

	begin();
	spawn(mutator, NULL);
	for (int i = 0; i < 6; i++) {
		usleep(4900);
		enter();
		/* From here on somebody has to wait. */
		for (volatile long spin = i < 2 ? 0 : 20000000; spin > 0; spin--)
			continue;
		pid_t pid = fork();
		if (pid == 0)
			_exit(allocate());
		leave();
		bad |= reap(pid);
	}
	return bad;
}
