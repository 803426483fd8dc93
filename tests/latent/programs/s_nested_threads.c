/* SAFE kind=nested-threads the child forks first and starts its thread after that */
#include "lat.h"
static pthread_mutex_t jobs_lock = PTHREAD_MUTEX_INITIALIZER;
static int jobs;

static void *child_worker(void *u)
{
	for (;; usleep(2000)) {
		pthread_mutex_lock(&jobs_lock);
		jobs++;
		stretch();
		pthread_mutex_unlock(&jobs_lock);
	}
	return u;
}

static int job_count(void)
{
	pthread_mutex_lock(&jobs_lock);
	int n = jobs;
	pthread_mutex_unlock(&jobs_lock);
	return n < 0;
}

static int child_main(void)
{
	int bad = forks(3, 300, job_count);
	spawn(child_worker, NULL);
	ms(8);
	return bad | job_count();
}

int main(void)
{
	begin();
	return forks(2, 1000, child_main);
}
