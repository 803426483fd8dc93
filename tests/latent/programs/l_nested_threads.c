/* LATENT lock=jobs_lock lost=child_worker child=job_count kind=nested-threads */
#include "lat.h"
/* main has no threads. Its child starts one, and then forks: the grandchild takes what it uses. */
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
	spawn(child_worker, NULL);
	return forks(3, 5300, job_count);
}

int main(void)
{
	begin();
	return forks(2, 1000, child_main);
}
