/* LATENT lock=journal lost=committer child=journal_pos kind=gate-lock */
#include "lat.h"
/* big is around every section, but main drops it just before it forks. */
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
		pthread_mutex_unlock(&big);
		usleep(2700);
		pid_t pid = fork();
		if (pid == 0)
			_exit(journal_pos());
		bad |= reap(pid);
	}
	return bad;
}
