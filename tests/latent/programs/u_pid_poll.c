/* UNDECIDABLE proc: main looks at /proc/self/task until the thread is gone; it never joins it (in
 * fact safe) */
#include "lat.h"
#include <dirent.h>
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int value;

static void *worker(void *u)
{
	pthread_detach(pthread_self());
	for (int i = 0; i < 3; i++) {
		pthread_mutex_lock(&lock);
		value++;
		stretch();
		pthread_mutex_unlock(&lock);
		usleep(500);
	}
	return u;
}

static int tasks(void)
{
	int n = 0;
	DIR *d = opendir("/proc/self/task");
	if (!d)
		abort();
	for (struct dirent *e; (e = readdir(d));)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static int child_main(void)
{
	pthread_mutex_lock(&lock);
	int v = value;
	pthread_mutex_unlock(&lock);
	return v < 3;
}

int main(void)
{
	int bad = 0;

	begin();
	for (int i = 0; i < 3; i++) {
		spawn(worker, NULL);
		while (tasks() > 1)
			usleep(300);
		bad |= forks(1, 10, child_main);
	}
	return bad;
}
