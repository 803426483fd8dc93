/* SAFE kind=pool-log main drains the pool before each fork: the workers wait for jobs, outside of
 * the log */
#include "lat.h"
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER, pool_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t pool_cond = PTHREAD_COND_INITIALIZER, idle_cond = PTHREAD_COND_INITIALIZER;
static int queued, busy, lines;
static char line[80];

static void log_msg(const char *who, int n)
{
	pthread_mutex_lock(&log_lock);
	snprintf(line, sizeof line, "%s %d %d", who, n, ++lines);
	stretch();
	pthread_mutex_unlock(&log_lock);
}

static void *pool_worker(void *u)
{
	pthread_mutex_lock(&pool_lock);
	for (;;) {
		while (queued == 0)
			pthread_cond_wait(&pool_cond, &pool_lock);
		int job = queued--;
		busy++;
		pthread_mutex_unlock(&pool_lock);
		usleep(1500);
		log_msg("job", job);
		pthread_mutex_lock(&pool_lock);
		if (--busy == 0 && queued == 0)
			pthread_cond_signal(&idle_cond);
	}
	return u;
}

static void submit(int n)
{
	pthread_mutex_lock(&pool_lock);
	queued += n;
	pthread_cond_broadcast(&pool_cond);
	pthread_mutex_unlock(&pool_lock);
}

static void drain(void)
{
	pthread_mutex_lock(&pool_lock);
	while (queued || busy)
		pthread_cond_wait(&idle_cond, &pool_lock);
	pthread_mutex_unlock(&pool_lock);
}

static int child_main(void)
{
	log_msg("child", 0);
	return 0;
}

int main(void)
{
	int bad = 0;

	begin();
	for (int i = 0; i < 3; i++)
		spawn(pool_worker, NULL);
	for (int i = 0; i < 4; i++) {
		submit(6);
		drain();
		pid_t pid = fork();
		if (pid == 0)
			_exit(child_main());
		bad |= reap(pid);
	}
	drain();
	_exit(bad);
}
