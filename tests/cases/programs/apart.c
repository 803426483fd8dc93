/*
 * apart SECONDS JOB...: a hang for each job, of a lock on the heap that has no name. They have
 * the fork and the holder in common, first and second also the function that waits: take().
 */
#include "case.h"

static pthread_mutex_t *lock;

static void *hold(void *unused)
{
	pthread_mutex_lock(lock);
	pthread_barrier_wait(&taken);
	for (;;)
		pause();
	return unused;
}

static void start_holder(void)
{
	pthread_t thread;

	lock = calloc(1, sizeof(*lock));
	pthread_mutex_init(lock, NULL);
	pthread_create(&thread, NULL, hold, NULL);
	pthread_barrier_wait(&taken);
}

static void take(void)
{
	pthread_mutex_lock(lock);
}

static void first(void)
{
	take();
}

static void second(void)
{
	take();
}

static void other(void)
{
	pthread_mutex_lock(lock);
}

static const struct {
	const char *name;
	void (*run)(void);
} jobs[] = {{"first", first}, {"second", second}, {"other", other}};

static void run(const char *job)
{
	for (size_t i = 0; i < sizeof(jobs) / sizeof(*jobs); i++)
		if (strcmp(jobs[i].name, job) == 0)
			jobs[i].run();
}

static int hang(const char *job, int seconds)
{
	pid_t child;

	start_holder();
	child = fork();
	if (child == 0) {
		run(job);
		_exit(0);
	}
	return reap_within(child, 1000 * seconds);
}

int main(int argc, char **argv)
{
	for (int i = 2; i < argc; i++)
		hang(argv[i], atoi(argv[1]));
	return 0;
}
