/* LATENT lock=plugins_lock lost=scanner child=plugin_count kind=start-up-again */
#include "lat.h"
/* The scanner loads the plugins before main goes on (semaphore), then looks again each 20 ms. */
static pthread_mutex_t plugins_lock = PTHREAD_MUTEX_INITIALIZER;
static sem_t scanned;
static int plugins;

static void scan(void)
{
	pthread_mutex_lock(&plugins_lock);
	plugins = 4;
	stretch();
	pthread_mutex_unlock(&plugins_lock);
}

static void *scanner(void *u)
{
	for (int i = 0; i < 3; i++)
		scan();
	sem_post(&scanned);
	for (;;) {
		usleep(20000);
		scan();
	}
	return u;
}

static int plugin_count(void)
{
	pthread_mutex_lock(&plugins_lock);
	int n = plugins;
	pthread_mutex_unlock(&plugins_lock);
	return n != 4;
}

int main(void)
{
	begin();
	sem_init(&scanned, 0, 0);
	spawn(scanner, NULL);
	semwait(&scanned);
	return forks(7, 9000, plugin_count);
}
