/* SAFE kind=atfork-partial the handlers cover both locks */
#include "lat.h"
static pthread_mutex_t data_lock = PTHREAD_MUTEX_INITIALIZER,
		       index_lock = PTHREAD_MUTEX_INITIALIZER;
static int data[64], index_of[64];

static void prepare(void)
{
	pthread_mutex_lock(&index_lock);
	pthread_mutex_lock(&data_lock);
}
static void release(void)
{
	pthread_mutex_unlock(&data_lock);
	pthread_mutex_unlock(&index_lock);
}

static void *compactor(void *u)
{
	for (int i = 0;; i++) {
		pthread_mutex_lock(&data_lock);
		data[i % 64] = i;
		pthread_mutex_unlock(&data_lock);
		pthread_mutex_lock(&index_lock);
		index_of[i % 64] = 63 - i % 64;
		stretch();
		pthread_mutex_unlock(&index_lock);
		usleep(3000);
	}
	return u;
}

static int lookup(void)
{
	pthread_mutex_lock(&index_lock);
	int k = index_of[5] & 63;
	pthread_mutex_unlock(&index_lock);
	pthread_mutex_lock(&data_lock);
	int v = data[k];
	pthread_mutex_unlock(&data_lock);
	return v < 0;
}

int main(void)
{
	begin();
	pthread_atfork(prepare, release, release);
	spawn(compactor, NULL);
	return forks(5, 5700, lookup);
}
