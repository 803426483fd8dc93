/*
 * reused MODE [N]: processes that have the number of one that has ended. As root
 * in a PID namespace, where the next number can be asked for.
 *
 *   forks N    N children, one after the other
 *   hang N     and the last one asks for a lock of a thread that it lacks
 *   after      the first one does and is killed, and the next one waits for a
 *              while in memory that it shares
 */
#include "case.h"
#include <fcntl.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <time.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *hold(void *data)
{
	pthread_mutex_lock(&lock);
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	pthread_mutex_unlock(&lock);
	return data;
}

/* The same number as last time. */
static pid_t fork_again(void)
{
	static pid_t number;
	pid_t child;

	if (number) {
		int file = open("/proc/sys/kernel/ns_last_pid", O_WRONLY);

		if (file < 0 || dprintf(file, "%d", number - 1) < 0)
			err(77, "ns_last_pid");
		close(file);
	}
	child = fork();
	if (child > 0 && number && child != number)
		errx(3, "%d instead of %d", child, number);
	if (child > 0)
		number = child;
	return child;
}

static int forks(int count, int hangs)
{
	int status = 0;

	for (int i = 0; i < count && status == 0; i++) {
		pid_t child = fork_again();

		if (child == 0 && hangs && i == count - 1)
			pthread_mutex_lock(&lock); /* WAIT */
		if (child == 0)
			_exit(0);
		status = reap(child);
	}
	return status;
}

/* Whose state is S has come to the end of its way into the lock. */
static void await_sleep(pid_t child)
{
	char path[64], line[512] = "";

	snprintf(path, sizeof(path), "/proc/%d/stat", child);
	do {
		int file = open(path, O_RDONLY);

		if (file < 0 || read(file, line, sizeof(line) - 1) <= 0)
			err(2, "%s", path);
		close(file);
		sched_yield();
	} while (strstr(line, ") S ") == NULL);
}

static int after(void)
{
	sem_t *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t child = fork_again();

	if (child == 0)
		_exit(pthread_mutex_lock(&lock)); /* WAIT */
	await_sleep(child);
	kill(child, SIGKILL);
	if (waitpid(child, NULL, 0) != child || sem_init(shared, 1, 0))
		return 2;
	child = fork_again();
	if (child == 0)
		_exit(sem_wait(shared));
	/* Longer than it takes to prove a hang. */
	nanosleep(&(struct timespec){.tv_sec = 2}, NULL);
	sem_post(shared);
	return reap(child);
}

int main(int argc, char **argv)
{
	int count = argc > 2 ? atoi(argv[2]) : 10, result;
	pthread_t holder;

	if (pthread_create(&holder, NULL, hold, NULL))
		return 2;
	pthread_barrier_wait(&taken);
	result = mode_is(argv, "after") ? after() : forks(count, mode_is(argv, "hang"));
	pthread_barrier_wait(&finished);
	pthread_join(holder, NULL);
	return result;
}
