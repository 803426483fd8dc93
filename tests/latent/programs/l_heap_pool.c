/* LATENT lock=j->lock lost=runner child=job_read kind=heap-reuse */
#include "lat.h"
/* Jobs come from a pool of slots, each with a lock made anew at every use. Main's job is
 * of a slot that others had before; and it lists it, so that the runner touches it too. */
struct job {
	pthread_mutex_t lock;
	int state;
	struct job *next;
};
static struct job pool[2], *free_list, *listed;
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
	for (;; usleep(1500)) {
		struct job *j = job_new();
		if (j) {
			job_step(j);
			job_free(j);
		}
		j = __atomic_load_n(&listed, __ATOMIC_ACQUIRE);
		if (j)
			job_step(j);
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
	begin();
	free_list = &pool[0];
	pool[0].next = &pool[1];
	spawn(runner, NULL);
	ms(5);
	struct job *mine;
	while ((mine = job_new()) == NULL)
		ms(1);
	mine->state = 0;
	__atomic_store_n(&listed, mine, __ATOMIC_RELEASE);
	int bad = 0;
	for (int i = 0; i < 5; i++) {
		usleep(5700);
		pid_t pid = fork();
		if (pid == 0)
			_exit(job_read(mine));
		bad |= reap(pid);
	}
	_exit(bad);
}
