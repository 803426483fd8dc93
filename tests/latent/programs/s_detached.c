/* SAFE kind=thread-ended detached threads whose last act is to count down; main waits until all
 * have ended */
#include "lat.h"
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER, left_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t none_left = PTHREAD_COND_INITIALIZER;
static int left = 3, sum;

static void *job(void *u)
{
	pthread_detach(pthread_self());
	for (int i = 0; i < 5; i++) {
		pthread_mutex_lock(&lock);
		sum++;
		stretch();
		pthread_mutex_unlock(&lock);
		usleep(300);
	}
	pthread_mutex_lock(&left_lock);
	if (--left == 0)
		pthread_cond_signal(&none_left);
	pthread_mutex_unlock(&left_lock);
	return u;
}

static int child_main(void)
{
	pthread_mutex_lock(&lock);
	int n = sum;
	pthread_mutex_unlock(&lock);
	return n != 15;
}

int main(void)
{
	begin();
	for (int i = 0; i < 3; i++)
		spawn(job, NULL);
	pthread_mutex_lock(&left_lock);
	while (left)
		pthread_cond_wait(&none_left, &left_lock);
	pthread_mutex_unlock(&left_lock);
	return forks(3, 500, child_main);
}
