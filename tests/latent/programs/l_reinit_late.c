/* LATENT lock=queue_lock lost=feeder child=queue_len kind=reinit-late */
#include "lat.h"
/* The child makes the lock anew, but takes it once before that. */
static pthread_mutex_t queue_lock = PTHREAD_MUTEX_INITIALIZER;
static int queue[32], len;

static void *feeder(void *u)
{
	for (int i = 0;; i++) {
		pthread_mutex_lock(&queue_lock);
		queue[len = i % 32] = i;
		stretch();
		pthread_mutex_unlock(&queue_lock);
		usleep(2600);
	}
	return u;
}

static int queue_len(void)
{
	pthread_mutex_lock(&queue_lock);
	int n = len;
	pthread_mutex_unlock(&queue_lock);
	return n;
}

static void child_setup(void)
{
	pthread_mutex_init(&queue_lock, NULL);
	len = 0;
}

static int child_main(void)
{
	int left = queue_len();
	child_setup();
	return queue_len() > left;
}

int main(void)
{
	begin();
	spawn(feeder, NULL);
	return forks(5, 6200, child_main);
}
