/* LATENT lock=view_lock lost=main child=view_read kind=fork-in-thread */
#include "lat.h"
/* A thread forks; the thread that is lost is main, which draws. */
static pthread_mutex_t view_lock = PTHREAD_MUTEX_INITIALIZER;
static volatile int over;
static int frame, bad;

static int view_read(void)
{
	pthread_mutex_lock(&view_lock);
	int n = frame;
	pthread_mutex_unlock(&view_lock);
	return n < 0;
}

static void *forker(void *u)
{
	bad = forks(5, 5600, view_read);
	over = 1;
	return u;
}

int main(void)
{
	begin();
	pthread_t t = spawn(forker, NULL);
	while (!over) {
		pthread_mutex_lock(&view_lock);
		frame++;
		stretch();
		pthread_mutex_unlock(&view_lock);
		usleep(2000);
	}
	pthread_join(t, NULL);
	return bad;
}
