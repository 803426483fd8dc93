/* LATENT lock=spool_lock lost=server child=spool_add kind=two-forkers */
#include "lat.h"
/* Two servers, each of which forks for its requests; each is lost in the other's child. */
static pthread_mutex_t spool_lock = PTHREAD_MUTEX_INITIALIZER;
static int spooled;

static void spool_add(void)
{
	pthread_mutex_lock(&spool_lock);
	spooled++;
	stretch();
	pthread_mutex_unlock(&spool_lock);
}

static void *server(void *arg)
{
	long bad = 0, k = (long)arg;
	for (int i = 0; i < 4; i++) {
		usleep(4100 + 1700 * (unsigned)k);
		spool_add();
		usleep(2000);
		pid_t pid = fork();
		if (pid == 0) {
			slow = 0;
			spool_add();
			_exit(0);
		}
		bad |= reap(pid);
	}
	return (void *)bad;
}

int main(void)
{
	void *x, *y;

	begin();
	pthread_t a = spawn(server, (void *)0), b = spawn(server, (void *)1);
	pthread_join(a, &x);
	pthread_join(b, &y);
	return x || y;
}
