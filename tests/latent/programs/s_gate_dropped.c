/* SAFE kind=gate-lock main drops big only after the fork; so does the child */
#include "lat.h"
static pthread_mutex_t big = PTHREAD_MUTEX_INITIALIZER, journal = PTHREAD_MUTEX_INITIALIZER;
static long pos;

static void *committer(void *u)
{
	for (;;) {
		pthread_mutex_lock(&big);
		pthread_mutex_lock(&journal);
		pos += 16;
		stretch();
		pthread_mutex_unlock(&journal);
		pthread_mutex_unlock(&big);
		usleep(2100);
	}
	return u;
}

static int journal_pos(void)
{
	pthread_mutex_lock(&journal);
	long p = pos;
	pthread_mutex_unlock(&journal);
	return p < 0;
}

int main(void)
{
	int bad = 0;

	begin();
	spawn(committer, NULL);
	for (int i = 0; i < 6; i++) {
		usleep(5300);
		pthread_mutex_lock(&big);
		pos++;
		pid_t pid = fork();
		pthread_mutex_unlock(&big);
		if (pid == 0)
			_exit(journal_pos());
		bad |= reap(pid);
	}
	return bad;
}
