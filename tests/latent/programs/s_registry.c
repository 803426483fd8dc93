/* SAFE kind=atfork-registry all drawers are in the registry of locks that are made anew */
#include "lat.h"
/* A framework's registry of locks to be made anew at fork. */
struct drawer {
	pthread_mutex_t lock;
	int n;
};
static pthread_mutex_t *registered[8];
static int nregistered;
static struct drawer *d[3];

static void lock_new(pthread_mutex_t *m)
{
	pthread_mutex_init(m, NULL);
	registered[nregistered++] = m;
}
static void all_anew(void)
{
	for (int i = 0; i < nregistered; i++)
		pthread_mutex_init(registered[i], NULL);
}

static void drawer_put(struct drawer *w)
{
	pthread_mutex_lock(&w->lock);
	w->n++;
	if (w == d[2])
		stretch();
	pthread_mutex_unlock(&w->lock);
}

static void *stirrer(void *u)
{
	for (int i = 0;; i++) {
		drawer_put(d[i % 3]);
		usleep(900);
	}
	return u;
}

static int child_main(void)
{
	for (int i = 0; i < 3; i++)
		drawer_put(d[i]);
	return 0;
}

int main(void)
{
	begin();
	pthread_atfork(NULL, NULL, all_anew);
	for (int i = 0; i < 3; i++) {
		d[i] = calloc(1, sizeof *d[i]);
		lock_new(&d[i]->lock);
	}
	spawn(stirrer, NULL);
	return forks(6, 5900, child_main);
}
