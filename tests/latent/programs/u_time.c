/* UNDECIDABLE time: the thread works right at the start and once a second; main forks in the gap */
#include "lat.h"
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int value;

static void *worker(void *u)
{
	for (;; sleep(1)) {
		pthread_mutex_lock(&lock);
		value++;
		stretch();
		pthread_mutex_unlock(&lock);
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
	begin();
	spawn(worker, NULL);
	ms(200);
	return forks(4, 4000, child_main);
}
