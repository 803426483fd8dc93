/* SAFE kind=child-threads the child makes the lock anew before it starts its threads */
#include "lat.h"
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
	pthread_mutex_init(&acct_lock, NULL);
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
