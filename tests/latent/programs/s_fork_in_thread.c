/* SAFE kind=fork-in-thread main draws between the forks; it waits (join) while a thread forks */
#include "lat.h"
static pthread_mutex_t view_lock = PTHREAD_MUTEX_INITIALIZER;
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
	bad |= forks(1, 2000, view_read);
	return u;
}

int main(void)
{
	begin();
	for (int i = 0; i < 5; i++) {
		pthread_mutex_lock(&view_lock);
		frame++;
		stretch();
		pthread_mutex_unlock(&view_lock);
		pthread_join(spawn(forker, NULL), NULL);
	}
	return bad;
}
