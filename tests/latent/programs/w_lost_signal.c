/* LOSTWORK object=queue_cond lost=log_thread child=log_async kind=lost-signal (warning FC013; FC004
 * for queue_lock) */
#include "lat.h"
/* An asynchronous logger: the child enqueues and signals; the thread that writes is lost. */
static pthread_mutex_t queue_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t queue_cond = PTHREAD_COND_INITIALIZER;
static int queued, written;

static void *log_thread(void *u)
{
	pthread_mutex_lock(&queue_lock);
	for (;;) {
		while (queued == 0)
			pthread_cond_wait(&queue_cond, &queue_lock);
		written += queued;
		queued = 0;
	}
	return u;
}

static void log_async(void)
{
	pthread_mutex_lock(&queue_lock);
	queued++;
	pthread_cond_signal(&queue_cond);
	pthread_mutex_unlock(&queue_lock);
}

static int child_main(void)
{
	log_async();
	return 0;
}

int main(void)
{
	begin();
	spawn(log_thread, NULL);
	log_async();
	return forks(3, 4000, child_main);
}
