/* SAFE kind=gate-lock outer, held by main around the fork, is around each of the walker's sections
 */
#include "lat.h"
/* The walker takes inner under outer. */
static pthread_mutex_t outer = PTHREAD_MUTEX_INITIALIZER, inner = PTHREAD_MUTEX_INITIALIZER;
static int nodes = 1;

static void grow(void)
{
	pthread_mutex_lock(&inner);
	nodes++;
	stretch();
	pthread_mutex_unlock(&inner);
}

static void *walker(void *u)
{
	for (;;) {
		pthread_mutex_lock(&outer);
		grow();
		pthread_mutex_unlock(&outer);
		usleep(1300);
		pthread_mutex_lock(&outer);
		grow();
		pthread_mutex_unlock(&outer);
		usleep(1300);
	}
	return u;
}

static int tree_count(void)
{
	pthread_mutex_lock(&inner);
	int n = nodes;
	pthread_mutex_unlock(&inner);
	return n < 1;
}

int main(void)
{
	int bad = 0;

	begin();
	spawn(walker, NULL);
	for (int i = 0; i < 5; i++) {
		usleep(4900);
		pthread_mutex_lock(&outer);
		if (slow)
			usleep(2500);
		pid_t pid = fork();
		if (pid == 0)
			_exit(tree_count());
		pthread_mutex_unlock(&outer);
		bad |= reap(pid);
	}
	return bad;
}
