/* SAFE kind=gate-rwlock main holds the read side around the fork, the updater the write side around
 * its section */
#include "lat.h"
#define MAIN_SIDE pthread_rwlock_rdlock
static pthread_rwlock_t config = PTHREAD_RWLOCK_INITIALIZER;
static struct {
	pthread_mutex_t lock;
	int v;
} cell = {PTHREAD_MUTEX_INITIALIZER, 0};

static void *updater(void *u)
{
	for (;;) {
		pthread_rwlock_wrlock(&config);
		pthread_mutex_lock(&cell.lock);
		cell.v++;
		stretch();
		pthread_mutex_unlock(&cell.lock);
		pthread_rwlock_unlock(&config);
		usleep(2300);
	}
	return u;
}

static int cell_get(void)
{
	pthread_mutex_lock(&cell.lock);
	int v = cell.v;
	pthread_mutex_unlock(&cell.lock);
	return v < 0;
}

int main(void)
{
	int bad = 0;

	begin();
	spawn(updater, NULL);
	for (int i = 0; i < 5; i++) {
		usleep(5700);
		MAIN_SIDE(&config);
		pid_t pid = fork();
		if (pid == 0)
			_exit(cell_get());
		pthread_rwlock_unlock(&config);
		bad |= reap(pid);
	}
	return bad;
}
