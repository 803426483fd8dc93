/* LATENT lock=sums lost=adder child=sums_get kind=reply-sem */
#include "lat.h"
/* Three adders do a round; main waits for two replies of the three (and for the third only later).
 */
#define WAIT_FOR 2
static sem_t go[3], done;
static pthread_mutex_t sums = PTHREAD_MUTEX_INITIALIZER;
static int sum;

static void *adder(void *arg)
{
	long k = (long)arg;
	for (;;) {
		semwait(&go[k]);
		usleep(800 * (unsigned)k + 100);
		pthread_mutex_lock(&sums);
		sum++;
		stretch();
		pthread_mutex_unlock(&sums);
		sem_post(&done);
	}
	return NULL;
}

static int sums_get(void)
{
	pthread_mutex_lock(&sums);
	int n = sum;
	pthread_mutex_unlock(&sums);
	return n < 0;
}

int main(void)
{
	int bad = 0;

	begin();
	sem_init(&done, 0, 0);
	for (long k = 0; k < 3; k++) {
		sem_init(&go[k], 0, 0);
		spawn(adder, (void *)k);
	}
	for (int i = 0; i < 4; i++) {
		for (int k = 0; k < 3; k++)
			sem_post(&go[k]);
		for (int k = 0; k < WAIT_FOR; k++)
			semwait(&done);
		if (WAIT_FOR < 3)
			usleep(3000);
		pid_t pid = fork();
		if (pid == 0)
			_exit(sums_get());
		bad |= reap(pid);
		for (int k = WAIT_FOR; k < 3; k++)
			semwait(&done);
	}
	return bad;
}
