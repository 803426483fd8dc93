/* LATENT lock=seq_lock lost=counter child=seq_next kind=_Fork */
#include "lat.h"
/* Whole handlers, but _Fork() runs none. */
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
	return _Fork();
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
