/* UNDECIDABLE file: the thread makes a file when it is done; main polls for it before it forks (in
 * fact safe) */
#include "lat.h"
#include <fcntl.h>
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char path[64];
static int value;

static void *worker(void *u)
{
	for (;; usleep(300)) {
		if (access(path, F_OK) == 0)
			continue; /* main has not taken it yet */
		pthread_mutex_lock(&lock);
		value++;
		stretch();
		pthread_mutex_unlock(&lock);
		close(open(path, O_CREAT | O_WRONLY, 0600));
	}
	return u;
}

static int child_main(void)
{
	pthread_mutex_lock(&lock);
	int v = value;
	pthread_mutex_unlock(&lock);
	return v < 1;
}

int main(void)
{
	int bad = 0;

	begin();
	snprintf(path, sizeof path, "/tmp/latent-done.%d", (int)getpid());
	spawn(worker, NULL);
	for (int i = 0; i < 4; i++) {
		while (access(path, F_OK) != 0)
			usleep(300);
		pid_t pid = fork();
		if (pid == 0)
			_exit(child_main());
		bad |= reap(pid);
		if (i < 3)
			unlink(path);
		ms(3);
	}
	unlink(path);
	return bad;
}
