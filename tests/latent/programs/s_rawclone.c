/* SAFE kind=raw-clone main holds the lock itself at the clone; both sides release it */
#include "lat.h"
static pthread_mutex_t seq_lock = PTHREAD_MUTEX_INITIALIZER;
static long seq;

static void *counter(void *u)
{
	for (;; usleep(1900)) {
		pthread_mutex_lock(&seq_lock);
		seq++;
		stretch();
		pthread_mutex_unlock(&seq_lock);
	}
	return u;
}

static int seq_get(void)
{
	pthread_mutex_lock(&seq_lock);
	long n = seq;
	pthread_mutex_unlock(&seq_lock);
	return n < 0;
}

int main(void)
{
	int bad = 0;

	begin();
	spawn(counter, NULL);
	for (int i = 0; i < 5; i++) {
		usleep(5500);
		pthread_mutex_lock(&seq_lock);
		pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
		pthread_mutex_unlock(&seq_lock);
		if (pid == 0)
			_exit(seq_get());
		bad |= reap(pid);
	}
	return bad;
}
