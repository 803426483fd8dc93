/* SAFE kind=reply-socketpair the clerk books, then answers; main waits for the answer before it
 * forks */
#include "lat.h"
#include <sys/socket.h>
static pthread_mutex_t ledger = PTHREAD_MUTEX_INITIALIZER;
static long total;
static int sv[2];

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
	while (recv(sv[1], &m, sizeof m, MSG_WAITALL) == sizeof m) {
		book(1);
		send(sv[1], &m, sizeof m, 0);
	}
	return u;
}

int main(void)
{
	int bad = 0;
	int m = 1;

	begin();
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv))
		return 2;
	spawn(clerk, NULL);
	for (int i = 0; i < 5; i++) {
		if (send(sv[0], &m, sizeof m, 0) < 0 ||
		    recv(sv[0], &m, sizeof m, MSG_WAITALL) != sizeof m)
			return 3;
		pid_t pid = fork();
		if (pid == 0)
			_exit(balance());
		bad |= reap(pid);
	}
	_exit(bad);
}
