/*
 * limits MODE [N]: forks and threads at the end of what the kernel gives.
 *
 *   descriptors N        with so many open
 *   descriptors-hang N   and a child that hangs
 *   processes            fork() and pthread_create() fail
 *   memory               so does malloc()
 *   locked-memory        mlockall() locks what fits, and refuses what does not
 */
#include "case.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *hold(void *data)
{
	pthread_mutex_lock(&lock);
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	pthread_mutex_unlock(&lock);
	return data;
}

static void *idle(void *data)
{
	return data;
}

static void limit(int resource, rlim_t value)
{
	struct rlimit limit = {value, value};

	if (setrlimit(resource, &limit))
		err(2, "setrlimit");
}

static int open_many(int count, int hangs)
{
	pthread_t holder;
	int status;

	limit(RLIMIT_NOFILE, (rlim_t)count + 3);
	while (open("/dev/null", O_RDONLY) >= 0)
		;
	if (errno != EMFILE || pthread_create(&holder, NULL, hold, NULL))
		return 2;
	pthread_barrier_wait(&taken);
	pid_t child = fork();

	if (child == 0) {
		if (hangs)
			pthread_mutex_lock(&lock);
		_exit(0);
	}
	/* No pidfd is to be had here. */
	if (child < 0 || waitpid(child, &status, 0) != child)
		return 2;
	pthread_barrier_wait(&finished);
	pthread_join(holder, NULL);
	return status == 0 ? 0 : 1;
}

static int refused(void)
{
	pthread_t thread;

	for (int i = 0; i < 3; i++) {
		pid_t child = fork();

		if (child == 0)
			_exit(0);
		if (child > 0 || errno != EAGAIN)
			return 0;
		if (pthread_create(&thread, NULL, idle, NULL) != EAGAIN)
			return 0;
	}
	return 1;
}

/* Root has no limit of processes: somebody who has none yet. */
static int without_processes(void)
{
	if (getuid() == 0 && setuid(54321))
		err(2, "setuid");
	limit(RLIMIT_NPROC, 0);
	return refused() ? 0 : 1;
}

static int without_memory(void)
{
	pthread_t thread;
	int status;

	limit(RLIMIT_AS, 1 << 20);
	for (size_t size = 1 << 20; size >= 16; size /= 2)
		while (malloc(size))
			;
	if (pthread_create(&thread, NULL, idle, NULL) == 0)
		return 1;

	pid_t child = fork();

	if (child == 0)
		_exit(pthread_mutex_lock(&lock) || pthread_mutex_unlock(&lock));
	/* The kernel may have no memory for it either: that is no crash. */
	if (child < 0)
		return errno == ENOMEM || errno == EAGAIN ? 0 : 1;
	return waitpid(child, &status, 0) == child && status == 0 ? 0 : 1;
}

/* In KiB; -1: it is not said. */
static long locked(void)
{
	char line[128];
	long size = -1;
	FILE *status = fopen("/proc/self/status", "r");

	while (status && size < 0 && fgets(line, sizeof(line), status))
		sscanf(line, "VmLck: %ld", &size);
	if (status)
		fclose(status);
	return size;
}

static int is_locked(void)
{
	size_t size = 1 << 20;
	long before = locked();
	int is_so;

	void *memory = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	is_so = before > 1024 && before < 8 << 10 && locked() == before + 1024;
	munmap(memory, size);
	return is_so;
}

static int lock_memory(void)
{
	errno = 0;
	/* With rights there is no limit: the program's own memory is locked, and no other. */
	if (mlockall(MCL_CURRENT | MCL_FUTURE) || errno || !is_locked() || munlockall())
		return 1;
	return locked() == 0 ? 0 : 1;
}

static int with_locked_memory(void)
{
	struct rlimit usual;

	if (getuid() == 0 && lock_memory())
		return 1;
	/* More than that is not to be had. */
	getrlimit(RLIMIT_MEMLOCK, &usual);
	limit(RLIMIT_MEMLOCK, usual.rlim_max < 8 << 20 ? usual.rlim_max : 8 << 20);
	if (getuid() == 0 && setuid(54321))
		err(2, "setuid");
	if (lock_memory() || mlockall(MCL_CURRENT) || mlockall(MCL_CURRENT | MCL_ONFAULT) ||
	    munlockall())
		return 1;
	limit(RLIMIT_MEMLOCK, 64 << 10);
	return mlockall(MCL_CURRENT) == -1 && errno == ENOMEM && locked() == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	int count = argc > 2 ? atoi(argv[2]) : 100, result;

	if (mode_is(argv, "processes"))
		result = without_processes();
	else if (mode_is(argv, "memory"))
		result = without_memory();
	else if (mode_is(argv, "locked-memory"))
		result = with_locked_memory();
	else
		result = open_many(count, mode_is(argv, "descriptors-hang"));
	if (result == 0 && write(STDOUT_FILENO, "done\n", 5) != 5)
		result = 1;
	return result;
}
