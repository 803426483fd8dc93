/* SAFE kind=vfork the child of vfork() takes the lock, but shares the memory: the thread that has
 * it goes on */
#include "lat.h"
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static volatile int lines;

static void log_line(void)
{
	pthread_mutex_lock(&log_lock);
	lines++;
	stretch();
	pthread_mutex_unlock(&log_lock);
}

static void *worker(void *u)
{
	for (;; usleep(2000))
		log_line();
	return u;
}

int main(void)
{
	int bad = 0;

	begin();
	spawn(worker, NULL);
	for (int i = 0; i < 4; i++) {
		usleep(5200);
		pid_t pid = vfork();
		if (pid == 0) {
			log_line();
			execl("/bin/true", "true", (char *)NULL);
			_exit(127);
		}
		bad |= reap(pid);
	}
	return bad;
}
