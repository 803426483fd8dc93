/* SAFE kind=reply-pipe the clerk books, then answers; main waits for the answer before it forks */
#include "lat.h"

static pthread_mutex_t ledger = PTHREAD_MUTEX_INITIALIZER;
static long total;
static int req[2], rep[2];

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
	char m;
	while (read(req[0], &m, 1) == 1) {
		book(1);
		write(rep[1], &m, 1);
	}
	return u;
}

int main(void)
{
	int bad = 0;
	char m = 1;

	begin();
	if (pipe(req) || pipe(rep))
		return 2;
	spawn(clerk, NULL);
	for (int i = 0; i < 5; i++) {
		if (write(req[1], &m, 1) != 1 || read(rep[0], &m, 1) != 1)
			return 3;
		pid_t pid = fork();
		if (pid == 0)
			_exit(balance());
		bad |= reap(pid);
	}
	_exit(bad);
}
