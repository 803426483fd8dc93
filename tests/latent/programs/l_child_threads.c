/* LATENT lock=acct_lock lost=biller child=child_thread kind=child-threads */
#include "lat.h"
/* The child's main thread takes nothing; two threads that it starts take the lock. */
static pthread_mutex_t acct_lock = PTHREAD_MUTEX_INITIALIZER;
static long account;

static void charge(long n)
{
	pthread_mutex_lock(&acct_lock);
	account += n;
	stretch();
	pthread_mutex_unlock(&acct_lock);
}

static void *biller(void *u)
{
	for (;; usleep(2200))
		charge(1);
	return u;
}

static void *child_thread(void *u)
{
	charge(10);
	return u;
}

static int child_main(void)
{
	pthread_t a = spawn(child_thread, NULL), b = spawn(child_thread, NULL);
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	return 0;
}

int main(void)
{
	begin();
	spawn(biller, NULL);
	return forks(4, 6100, child_main);
}
