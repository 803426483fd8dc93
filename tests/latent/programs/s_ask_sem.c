/* SAFE kind=reply-sem the clerk books, then answers; main waits for the answer before it forks */
#include "lat.h"

static pthread_mutex_t ledger = PTHREAD_MUTEX_INITIALIZER;
static long total;
static sem_t req, rep;

static void book(long n)
{
	pthread_mutex_lock(&ledger);
	total += n;
	stretch();
	pthread_mutex_unlock(&ledger);
}

static int balance(void)
{
	pthread_mutex_lock(&ledger);
	long n = total;
	pthread_mutex_unlock(&ledger);
	return n < 0;
}

static void *clerk(void *u)
{
	int m;
	while ((semwait(&req), m = 1)) {
		book(1);
		sem_post(&rep);
		m = 0;
	}
	return u;
}

int main(void)
{
	int bad = 0;
	int m = 1;

	begin();
	sem_init(&req, 0, 0);
	sem_init(&rep, 0, 0);
	spawn(clerk, NULL);
	for (int i = 0; i < 5; i++) {
		if ((sem_post(&req), semwait(&rep), m != 1))
			return 3;
		pid_t pid = fork();
		if (pid == 0)
			_exit(balance());
		bad |= reap(pid);
	}
	_exit(bad);
}
