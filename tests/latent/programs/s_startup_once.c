/* SAFE kind=start-up the scanner uses the lock only before it posts the semaphore main waits for */
#include "lat.h"
/* The scanner loads the plugins before main goes on (semaphore). */
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
	return forks(4, 3000, plugin_count);
}
