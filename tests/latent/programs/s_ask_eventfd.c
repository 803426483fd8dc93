/* SAFE kind=reply-eventfd the clerk books, then answers; main waits for the answer before it forks
 */
#include "lat.h"
#include <sys/eventfd.h>
static pthread_mutex_t ledger = PTHREAD_MUTEX_INITIALIZER;
static long total;
static int req, rep;

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
	uint64_t m;
	while (read(req, &m, 8) == 8) {
		book(1);
		m = 1;
		write(rep, &m, 8);
	}
	return u;
}

int main(void)
{
	int bad = 0;
	uint64_t m = 1;

	begin();
	req = eventfd(0, 0);
	rep = eventfd(0, 0);
	spawn(clerk, NULL);
	for (int i = 0; i < 5; i++) {
		if (m = 1, write(req, &m, 8) != 8 || read(rep, &m, 8) != 8)
			return 3;
		pid_t pid = fork();
		if (pid == 0)
			_exit(balance());
		bad |= reap(pid);
	}
	_exit(bad);
}
