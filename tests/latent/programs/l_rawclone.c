/* LATENT lock=seq_lock lost=counter child=seq_next kind=raw-clone */
#include "lat.h"
/* Whole handlers, but the process is made by the clone system call, which runs none. */
static pthread_mutex_t seq_lock = PTHREAD_MUTEX_INITIALIZER;
static long seq;

static void before(void)
{
	pthread_mutex_lock(&seq_lock);
}
static void after(void)
{
	pthread_mutex_unlock(&seq_lock);
}

static long seq_next(void)
{
	pthread_mutex_lock(&seq_lock);
	long n = ++seq;
	stretch();
	pthread_mutex_unlock(&seq_lock);
	return n;
}

static void *counter(void *u)
{
	for (;; usleep(1900))
		seq_next();
	return u;
}

static pid_t make_process(void)
{
	return (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
}

int main(void)
{
	int bad = 0;

	begin();
	pthread_atfork(before, after, after);
	spawn(counter, NULL);
	for (int i = 0; i < 5; i++) {
		usleep(5500);
		pid_t pid = make_process();
		if (pid == 0)
			_exit(seq_next() < 0);
		bad |= reap(pid);
	}
	return bad;
}
