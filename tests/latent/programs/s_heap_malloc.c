/* SAFE kind=heap-reuse a channel's lock is freed, and malloc gives its address to main's own */
#include "lat.h"
#include <malloc.h>
/* The worker makes, uses and frees a channel for each request (semaphores); then main
 * makes one of its own, at the same address, and forks with that. */
struct channel {
	pthread_mutex_t lock;
	char buffer[3000];
};
static sem_t go;
static uintptr_t last;
static int same;

static struct channel *channel_new(void)
{
	struct channel *c = malloc(sizeof *c);
	pthread_mutex_init(&c->lock, NULL);
	return c;
}

static void channel_free(struct channel *c)
{
	pthread_mutex_destroy(&c->lock);
	free(c);
}

static void channel_put(struct channel *c, int v)
{
	pthread_mutex_lock(&c->lock);
	c->buffer[0] = (char)v;
	stretch();
	pthread_mutex_unlock(&c->lock);
}

static void *worker(void *u)
{
	for (int i = 0;; i++) {
		semwait(&go);
		struct channel *c = channel_new();
		channel_put(c, i);
		__atomic_store_n(&last, (uintptr_t)c, __ATOMIC_SEQ_CST);
		channel_free(c);
	}
	return u;
}

int main(void)
{
	int bad = 0;

	begin();
	mallopt(M_ARENA_MAX, 1);
	sem_init(&go, 0, 0);
	spawn(worker, NULL);
	for (int i = 0; i < 4; i++) {
		sem_post(&go);
		ms(slow ? 40 : 4);
		struct channel *mine = channel_new();
		same += (uintptr_t)mine == __atomic_load_n(&last, __ATOMIC_SEQ_CST);
		sem_post(&go); /* it works on another one while main forks */
		pid_t pid = fork();
		if (pid == 0) {
			channel_put(mine, 1);
			_exit(0);
		}
		bad |= reap(pid);
		channel_free(mine);
	}
	if (getenv("SHOW")) {
		printf("same address %d of 4\n", same);
		fflush(stdout);
	}
	_exit(bad);
}
