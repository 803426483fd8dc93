/* SAFE kind=cond-mutex the waiter is parked in pthread_cond_wait, with the mutex free, and nobody
 * wakes it before the forks */
#include "lat.h"
static pthread_mutex_t inbox_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t mail = PTHREAD_COND_INITIALIZER, parked_cond = PTHREAD_COND_INITIALIZER;
static int inbox, parked;

static int wait_mail(void)
{
	return pthread_cond_wait(&mail, &inbox_lock);
}

static void *mailer(void *u)
{
	pthread_mutex_lock(&inbox_lock);
	for (;;) {
		parked = 1;
		pthread_cond_signal(&parked_cond);
		wait_mail();
		stretch();
		inbox = 0;
	}
	return u;
}

static int inbox_put(void)
{
	pthread_mutex_lock(&inbox_lock);
	int n = ++inbox;
	pthread_mutex_unlock(&inbox_lock);
	return n < 0;
}

int main(void)
{
	begin();
	spawn(mailer, NULL);
	pthread_mutex_lock(&inbox_lock);
	while (!parked)
		pthread_cond_wait(&parked_cond, &inbox_lock);
	pthread_mutex_unlock(&inbox_lock);
	return forks(5, 5300, inbox_put);
}
