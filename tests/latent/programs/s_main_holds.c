/* SAFE kind=forker-holds main holds the lock itself at the fork; parent and child each release
 * theirs */
#include "lat.h"
static pthread_mutex_t reg_lock = PTHREAD_MUTEX_INITIALIZER;
static int reg;

static void *changer(void *u)
{
	for (;; usleep(2000)) {
		pthread_mutex_lock(&reg_lock);
		reg++;
		stretch();
		pthread_mutex_unlock(&reg_lock);
	}
	return u;
}

static pid_t start_worker(void)
{
	pthread_mutex_lock(&reg_lock);
	reg += 100;
	pid_t pid = fork();
	pthread_mutex_unlock(&reg_lock);
	return pid;
}

int main(void)
{
	int bad = 0;

	begin();
	spawn(changer, NULL);
	for (int i = 0; i < 5; i++) {
		usleep(5400);
		pid_t pid = start_worker();
		if (pid == 0) {
			pthread_mutex_lock(&reg_lock);
			int n = reg;
			pthread_mutex_unlock(&reg_lock);
			_exit(n < 100);
		}
		bad |= reap(pid);
	}
	return bad;
}
