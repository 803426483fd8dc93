/* LATENT lock=arena_lock lost=helper child=arena_use kind=stop-sem */
#include "lat.h"
/* Main stops the mutator by semaphores before each fork; the helper it never heard of. */
static pthread_mutex_t arena_lock = PTHREAD_MUTEX_INITIALIZER;
static sem_t stop, stopped, resume;
static int used;

static int arena_use(void)
{
	pthread_mutex_lock(&arena_lock);
	int n = ++used;
	stretch();
	pthread_mutex_unlock(&arena_lock);
	return n < 0;
}

static void *mutator(void *u)
{
	for (;;) {
		if (sem_trywait(&stop) == 0) {
			sem_post(&stopped);
			semwait(&resume);
		}
		arena_use();
		usleep(1400);
	}
	return u;
}

static void *helper(void *u)
{
	for (;; usleep(1900))
		arena_use();
	return u;
}

int main(void)
{
	int bad = 0;

	begin();
	sem_init(&stop, 0, 0);
	sem_init(&stopped, 0, 0);
	sem_init(&resume, 0, 0);
	spawn(mutator, NULL);
	spawn(helper, NULL);
	for (int i = 0; i < 5; i++) {
		usleep(5900);
		sem_post(&stop);
		semwait(&stopped);
		if (slow)
			usleep(3000);
		pid_t pid = fork();
		if (pid == 0)
			_exit(arena_use());
		sem_post(&resume);
		bad |= reap(pid);
	}
	return bad;
}
