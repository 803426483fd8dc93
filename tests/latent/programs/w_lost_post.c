/* LOSTWORK object=work_sem lost=exporter child=span_end kind=lost-post (warning FC013) */
#include "lat.h"
/* Spans are exported by a thread that waits on a semaphore; the child posts, and nobody takes. */
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static sem_t work_sem;
static int spans, exported;

static void *exporter(void *u)
{
	for (;;) {
		semwait(&work_sem);
		pthread_mutex_lock(&m);
		exported += spans;
		spans = 0;
		pthread_mutex_unlock(&m);
	}
	return u;
}

static void span_end(void)
{
	spans++;
	sem_post(&work_sem);
}

static int child_main(void)
{
	span_end();
	return 0;
}

int main(void)
{
	begin();
	sem_init(&work_sem, 0, 0);
	spawn(exporter, NULL);
	span_end();
	return forks(3, 3000, child_main);
}
