/* SAFE kind=rare the child frees itself of the lock by memcpy of a fresh one */
#include "lat.h"
static pthread_mutex_t cert_lock = PTHREAD_MUTEX_INITIALIZER;
static int cert;

static void *renewer(void *u)
{
	for (;; ms(35)) {
		pthread_mutex_lock(&cert_lock);
		cert++;
		if (slow)
			ms(100);
		pthread_mutex_unlock(&cert_lock);
	}
	return u;
}

static int cert_get(void)
{
	static const pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;
	memcpy(&cert_lock, &fresh, sizeof fresh);
	pthread_mutex_lock(&cert_lock);
	int n = cert;
	pthread_mutex_unlock(&cert_lock);
	return n < 0;
}

int main(void)
{
	begin();
	spawn(renewer, NULL);
	int bad = forks(5, 17000, cert_get);
	ms(15);
	return bad;
}
