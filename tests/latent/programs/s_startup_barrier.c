/* SAFE kind=start-up the planners use the lock only before the barrier that main passes too */
#include "lat.h"
/* A barrier ends the start-up. */
static pthread_mutex_t plan_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t started;
static int plan;

static void *planner(void *arg)
{
	long id = (long)arg;

	for (int i = 0; i < 3; i++) {
		pthread_mutex_lock(&plan_lock);
		plan += (int)id;
		stretch();
		pthread_mutex_unlock(&plan_lock);
	}
	pthread_barrier_wait(&started);
	pause();
	return NULL;
}

static int plan_get(void)
{
	pthread_mutex_lock(&plan_lock);
	int n = plan;
	pthread_mutex_unlock(&plan_lock);
	return n < 9;
}

int main(void)
{
	begin();
	pthread_barrier_init(&started, NULL, 3);
	spawn(planner, (void *)1);
	spawn(planner, (void *)2);
	pthread_barrier_wait(&started);
	return forks(4, 6400, plan_get);
}
