/*
 * meant WHAT: a worker that waits without end, and its master ends it after three seconds: that
 * is what it is for. Nothing that it waits for has to do with the thread that it lacks.
 *
 *   semaphore  made by the worker
 *   condition  made by the worker
 *   futex      a word on the worker's stack
 *   thread     one of its own, which waits as well
 *   barrier    made by the worker, for more than there are
 *   locked     a file, while it only holds it: a helper that waits on an event of its own
 */
#include "case.h"
#include <linux/futex.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/file.h>

#define REST_MS 3000

static void wait_on_semaphore(void)
{
	sem_t never;

	sem_init(&never, 0, 0);
	sem_wait(&never);
}

static void wait_on_condition(void)
{
	pthread_mutex_t mutex;
	pthread_cond_t never;

	pthread_mutex_init(&mutex, NULL);
	pthread_cond_init(&never, NULL);
	pthread_mutex_lock(&mutex);
	for (;;)
		pthread_cond_wait(&never, &mutex);
}

static void wait_on_futex(void)
{
	atomic_int word = 0;

	for (;;)
		syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
}

static void *rest(void *unused)
{
	wait_on_semaphore();
	return NULL;
}

static void wait_for_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, rest, NULL);
	pthread_join(thread, NULL);
}

static void wait_at_barrier(void)
{
	pthread_barrier_t barrier;

	pthread_barrier_init(&barrier, NULL, 2);
	pthread_barrier_wait(&barrier);
}

static void hold_file(void)
{
	FILE *file = tmpfile();

	flock(fileno(file), LOCK_EX);
	wait_on_condition();
}

static const struct {
	const char *name;
	void (*wait)(void);
} whats[] = {
	{"semaphore", wait_on_semaphore}, {"condition", wait_on_condition},
	{"futex", wait_on_futex},         {"thread", wait_for_thread},
	{"barrier", wait_at_barrier},     {"locked", hold_file},
};

static void *idle(void *unused)
{
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	return NULL;
}

static pid_t start_worker(void (*wait)(void))
{
	pid_t worker = fork(); /* FORK */

	if (worker == 0) {
		wait();
		_exit(1);
	}
	return worker;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	pid_t worker = -1;
	int status;

	if (argc < 2)
		errx(2, "usage: meant WHAT");
	pthread_create(&thread, NULL, idle, NULL);
	pthread_barrier_wait(&taken);
	for (size_t i = 0; i < sizeof(whats) / sizeof(*whats); i++)
		if (mode_is(argv, whats[i].name))
			worker = start_worker(whats[i].wait);
	status = reap_within(worker, REST_MS);
	pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	return status != CASE_HUNG;
}
