/* SAFE kind=heap-reuse main's job has the slot (address) that the runner's jobs had before, but a
 * lock of its own */
#include "lat.h"
struct job {
	pthread_mutex_t lock;
	int state;
	struct job *next;
};
static struct job pool[1], *free_list;
static pthread_mutex_t pool_lock = PTHREAD_MUTEX_INITIALIZER;

static struct job *job_new(void)
{
	pthread_mutex_lock(&pool_lock);
	struct job *j = free_list;
	if (j)
		free_list = j->next;
	pthread_mutex_unlock(&pool_lock);
	if (j)
		pthread_mutex_init(&j->lock, NULL);
	return j;
}

static void job_free(struct job *j)
{
	pthread_mutex_destroy(&j->lock);
	pthread_mutex_lock(&pool_lock);
	j->next = free_list;
	free_list = j;
	pthread_mutex_unlock(&pool_lock);
}

static void job_step(struct job *j)
{
	pthread_mutex_lock(&j->lock);
	j->state++;
	stretch();
	pthread_mutex_unlock(&j->lock);
}

static void *runner(void *u)
{
	for (;; usleep(slow ? 9000 : 700)) {
		struct job *j = job_new();
		if (j) {
			job_step(j);
			job_free(j);
		}
	}
	return u;
}

static int job_read(struct job *j)
{
	pthread_mutex_lock(&j->lock);
	int n = j->state;
	pthread_mutex_unlock(&j->lock);
	return n < 0;
}

int main(void)
{
	int bad = 0;

	begin();
	free_list = &pool[0];
	spawn(runner, NULL);
	for (int i = 0; i < 4; i++) {
		struct job *mine;
		ms(4);
		while ((mine = job_new()) == NULL)
			usleep(300);
		pid_t pid = fork();
		if (pid == 0)
			_exit(job_read(mine));
		bad |= reap(pid);
		job_free(mine);
	}
	_exit(bad);
}
