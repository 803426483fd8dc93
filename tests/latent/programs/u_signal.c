/* UNDECIDABLE signal: main stops the worker by a directed signal whose handler spins on a flag (in
 * fact safe: the worker blocks the signal in its section) */
#include "lat.h"
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static volatile sig_atomic_t parked, go;
static int value;

static void park(int s)
{
	(void)s;
	parked = 1;
	while (!go)
		usleep(100);
	parked = 0;
}

static void *worker(void *u)
{
	sigset_t s;
	sigemptyset(&s);
	sigaddset(&s, SIGUSR1);
	for (;; usleep(2000)) {
		pthread_sigmask(SIG_BLOCK, &s, NULL);
		pthread_mutex_lock(&lock);
		value++;
		stretch();
		pthread_mutex_unlock(&lock);
		pthread_sigmask(SIG_UNBLOCK, &s, NULL);
	}
	return u;
}

static int child_main(void)
{
	pthread_mutex_lock(&lock);
	int v = value;
	pthread_mutex_unlock(&lock);
	return v < 0;
}

int main(void)
{
	int bad = 0;

	begin();
	signal(SIGUSR1, park);
	pthread_t t = spawn(worker, NULL);
	for (int i = 0; i < 4; i++) {
		ms(5);
		go = 0;
		pthread_kill(t, SIGUSR1);
		while (!parked)
			usleep(200);
		pid_t pid = fork();
		if (pid == 0)
			_exit(child_main());
		bad |= reap(pid);
		go = 1;
		while (parked)
			usleep(200);
	}
	return bad;
}
