/* SAFE kind=queue an item counts as done after its stats, and main waits until all are done */
#include "lat.h"
static pthread_mutex_t queue_lock = PTHREAD_MUTEX_INITIALIZER,
		       stats_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER, emptied = PTHREAD_COND_INITIALIZER;
static int items;
static long consumed;

static void count(void)
{
	pthread_mutex_lock(&stats_lock);
	consumed++;
	stretch();
	pthread_mutex_unlock(&stats_lock);
}

static void *consumer(void *u)
{
	for (;;) {
		pthread_mutex_lock(&queue_lock);
		while (items == 0)
			pthread_cond_wait(&filled, &queue_lock);
		pthread_mutex_unlock(&queue_lock);
		count();
		pthread_mutex_lock(&queue_lock);
		items--;
		pthread_cond_signal(&emptied);
		pthread_mutex_unlock(&queue_lock);
	}
	return u;
}

static int stats_print(void)
{
	pthread_mutex_lock(&stats_lock);
	long n = consumed;
	pthread_mutex_unlock(&stats_lock);
	return n < 0;
}

int main(void)
{
	int bad = 0;

	begin();
	spawn(consumer, NULL);
	for (int i = 0; i < 5; i++) {
		pthread_mutex_lock(&queue_lock);
		items += 2;
		pthread_cond_signal(&filled);
		while (items > 0)
			pthread_cond_wait(&emptied, &queue_lock);
		pthread_mutex_unlock(&queue_lock);
		pid_t pid = fork();
		if (pid == 0)
			_exit(stats_print());
		bad |= reap(pid);
	}
	_exit(bad);
}
