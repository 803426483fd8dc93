/* shared MODE: mutexes in memory that processes share. They are not orphaned by a fork. */
#include "case.h"
#include <sys/mman.h>

static pthread_mutex_t *mutex;

static void make(int robust)
{
	pthread_mutexattr_t attributes;

	mutex = mmap(NULL, sizeof(*mutex), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (mutex == MAP_FAILED)
		err(2, "mmap");
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	if (robust)
		pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(mutex, &attributes);
}

static void *holder(void *unused)
{
	pthread_mutex_lock(mutex);
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	pthread_mutex_unlock(mutex);
	return NULL;
}

/* The child waits for the thread in its parent, which lets go after the fork. */
static int lives(void)
{
	pthread_t thread;
	pid_t child;
	int status;

	pthread_create(&thread, NULL, holder, NULL);
	pthread_barrier_wait(&taken);
	child = fork();
	if (child == 0) {
		pthread_mutex_lock(mutex);
		pthread_mutex_unlock(mutex);
		_exit(0);
	}
	pthread_barrier_wait(&finished);
	status = reap(child);
	pthread_join(thread, NULL);
	return status;
}

static int recovers(void)
{
	if (pthread_mutex_lock(mutex) != EOWNERDEAD)
		return 1;
	if (pthread_mutex_consistent(mutex) != 0)
		return 1;
	pthread_mutex_unlock(mutex);
	return pthread_mutex_lock(mutex) != 0 || pthread_mutex_unlock(mutex) != 0;
}

/* A robust mutex tells the next process that its owner, a process, died. */
static int owner_process_died(void)
{
	pid_t child = fork();

	if (child == 0) {
		pthread_mutex_lock(mutex);
		_exit(0);
	}
	if (reap(child) != 0)
		return 1;
	child = fork();
	if (child == 0)
		_exit(recovers());
	return reap(child);
}

static void *ends_with_it(void *unused)
{
	pthread_mutex_lock(mutex);
	return NULL;
}

/* The same for a private mutex whose owner, a thread, ended before the fork. */
static int owner_thread_died(void)
{
	static pthread_mutex_t private_mutex;
	pthread_mutexattr_t attributes;
	pthread_t thread;
	pid_t child;

	mutex = &private_mutex;
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(mutex, &attributes);
	pthread_create(&thread, NULL, ends_with_it, NULL);
	pthread_join(thread, NULL);
	child = fork();
	if (child == 0)
		_exit(recovers());
	return reap(child);
}

int main(int argc, char **argv)
{
	(void)argc;
	make(!mode_is(argv, "lives"));
	if (mode_is(argv, "lives") || mode_is(argv, "robust"))
		return lives();
	return mode_is(argv, "process-died") ? owner_process_died() : owner_thread_died();
}
