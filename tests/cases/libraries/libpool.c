/* A pool of threads: they wait for tasks on one condition variable, callers for results on another.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct task {
	struct task *next;
	int input, output;
	bool done;
};

void pool_start(int threads);
void pool_restart(int threads);
int pool_run(int input);

static pthread_mutex_t pool_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t pool_submitted = PTHREAD_COND_INITIALIZER;
static pthread_cond_t pool_completed = PTHREAD_COND_INITIALIZER;
static struct task *pool_queue;
static int pool_idle;

static struct task *next_task(void)
{
	struct task *task;

	pool_idle++;
	pthread_cond_broadcast(&pool_completed); /* COMPLETE */
	while (pool_queue == NULL)
		pthread_cond_wait(&pool_submitted, &pool_mutex); /* IDLE */
	pool_idle--;
	task = pool_queue;
	pool_queue = task->next;
	return task;
}

static void *pool_worker(void *unused)
{
	(void)unused;
	pthread_mutex_lock(&pool_mutex);
	for (;;) {
		struct task *task = next_task();

		task->output = 2 * task->input;
		task->done = true;
	}
	return NULL;
}

/* Returns once all of them wait: nobody holds the mutex then. */
void pool_start(int threads)
{
	pthread_t thread;

	for (int i = 0; i < threads; i++) {
		pthread_create(&thread, NULL, pool_worker, NULL); /* CREATE */
		pthread_detach(thread);
	}
	pthread_mutex_lock(&pool_mutex);
	while (pool_idle < threads)
		pthread_cond_wait(&pool_completed, &pool_mutex);
	pthread_mutex_unlock(&pool_mutex);
}

/* What a library has to do in a fork child. */
void pool_restart(int threads)
{
	pthread_mutex_init(&pool_mutex, NULL);
	pthread_cond_init(&pool_submitted, NULL);
	pthread_cond_init(&pool_completed, NULL);
	pool_idle = 0;
	pool_queue = NULL;
	pool_start(threads);
}

int pool_run(int input)
{
	struct task task = {.input = input};

	pthread_mutex_lock(&pool_mutex);
	task.next = pool_queue;
	pool_queue = &task;
	pthread_cond_signal(&pool_submitted);
	while (!task.done)
		pthread_cond_wait(&pool_completed, &pool_mutex); /* WAIT */
	pthread_mutex_unlock(&pool_mutex);
	return task.output;
}
