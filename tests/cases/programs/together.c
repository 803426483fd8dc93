/*
 * together HOW: a word in memory that looks private, and that another process changes after
 * three seconds. The waits are as private as they can be.
 *
 *   helper  a process that the worker made with clone(CLONE_VM) wakes it
 *   helped  the worker itself is such a process, and its parent wakes it
 *   vfork   the same while its parent's thread stands in the call that made it
 *   file    a private mapping of a file, never written to: the kernel takes the file's page
 *   own     the same where the worker may write: the page is its own, and nobody wakes it
 */
#include "case.h"
#include <linux/futex.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>

#define LATE_MS 3000

static atomic_int word, served;
static char stack[65536] __attribute__((aligned(16)));

static void wake(atomic_int *address, int operation)
{
	poll(NULL, 0, LATE_MS);
	atomic_store(address, 1);
	syscall(SYS_futex, address, operation, 1, NULL, NULL, 0);
}

static void wait_for(atomic_int *address, int operation)
{
	while (!atomic_load(address))
		syscall(SYS_futex, address, operation, 0, NULL, NULL, 0); /* WAIT */
}

/* --- one memory ------------------------------------------------------------------------- */

static int help(void *unused)
{
	const struct timespec late = {LATE_MS / 1000, 0};

	nanosleep(&late, NULL);
	atomic_store(&word, 1);
	syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	return 0;
}

static int be_helped(void *unused)
{
	wait_for(&word, FUTEX_WAIT_PRIVATE);
	return 0;
}

static pid_t make(int (*run)(void *), int flags)
{
	return clone(run, stack + sizeof(stack), CLONE_VM | CLONE_FILES | flags | SIGCHLD, NULL);
}

static int with_helper(void)
{
	pid_t worker = fork(); /* FORK */
	pid_t helper;

	if (worker != 0)
		return reap(worker);
	helper = make(help, 0);
	wait_for(&word, FUTEX_WAIT_PRIVATE);
	_exit(reap(helper));
}

static int helped(void)
{
	pid_t worker = make(be_helped, 0);

	wake(&word, FUTEX_WAKE_PRIVATE);
	return reap(worker);
}

static void *wake_beside(void *unused)
{
	wake(&word, FUTEX_WAKE_PRIVATE);
	return NULL;
}

static int with_vfork(void)
{
	pthread_t thread;
	pid_t worker;

	pthread_create(&thread, NULL, wake_beside, NULL);
	worker = make(be_helped, CLONE_VFORK);
	pthread_join(thread, NULL);
	return reap(worker);
}

/* --- one page ---------------------------------------------------------------------------- */

static int with_file(char **argv)
{
	int rights = mode_is(argv, "file") ? PROT_READ : PROT_READ | PROT_WRITE;
	FILE *file = tmpfile();
	atomic_int *mine, *its;
	pid_t worker;

	if (file == NULL || ftruncate(fileno(file), 4096) != 0)
		err(2, "tmpfile");
	mine = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0);
	its = mmap(NULL, 4096, rights, MAP_PRIVATE, fileno(file), 0);
	worker = fork();
	if (worker == 0) {
		munmap(mine, 4096);
		wait_for(its, FUTEX_WAIT);
		_exit(0);
	}
	wake(mine, FUTEX_WAKE);
	return reap(worker);
}

static void *serve_once(void *unused)
{
	atomic_store(&served, 1);
	syscall(SYS_futex, &served, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	int status;

	if (argc < 2)
		errx(2, "usage: together HOW");
	pthread_create(&thread, NULL, serve_once, NULL);
	pthread_barrier_wait(&taken);
	if (mode_is(argv, "helper"))
		status = with_helper();
	else if (mode_is(argv, "helped"))
		status = helped();
	else if (mode_is(argv, "vfork"))
		status = with_vfork();
	else
		status = with_file(argv);
	pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	return status;
}
