/* SAFE kind=_Fork the child of _Fork() writes to a pipe and takes nothing */
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

int main(void)
{
	int bad = 0, p[2];
	char c = 0;

	begin();
	if (pipe(p))
		return 2;
	spawn(counter, NULL);
	for (int i = 0; i < 5; i++) {
		usleep(5500);
		pid_t pid = _Fork();
		if (pid == 0)
			_exit(write(p[1], "x", 1) != 1);
		bad |= reap(pid);
		bad |= read(p[0], &c, 1) != 1 || c != 'x';
	}
	return bad;
}
