/* LATENT lock=cert_lock lost=renewer child=cert_get kind=rare */
#include "lat.h"
/* The thread takes the lock three times in 100 ms only; 5 forks lie between. */
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
