/*
 * taker MODE: a semaphore that processes use as a lock, and one of them ends
 * with it in hand; and twins that look the same, in which somebody posts. The
 * program itself does not have it: it looks after the process that it starts.
 */
#include "case.h"
#include <fcntl.h>
#include <semaphore.h>
#include <sys/mman.h>

/* Much more than two looks need. */
#define LATE_MS 3000

static sem_t *semaphore, *taken_once;

static void be_late(void)
{
	poll(NULL, 0, LATE_MS);
}

static int wait_for(pid_t child)
{
	int status;

	if (waitpid(child, &status, 0) != child)
		err(2, "waitpid");
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void make_unnamed(unsigned value)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		err(2, "mmap");
	/* Not at the start of it. */
	semaphore = (sem_t *)(page + 4096);
	taken_once = (sem_t *)page;
	sem_init(semaphore, 1, value);
	sem_init(taken_once, 1, 0);
}

/* Under a name that is gone at once, as multiprocessing does it. */
static void make_named(void)
{
	char name[64];

	snprintf(name, sizeof(name), "/taker-%d", getpid());
	semaphore = sem_open(name, O_CREAT | O_EXCL, 0600, 1);
	sem_unlink(name);
	if (semaphore == SEM_FAILED)
		err(2, "sem_open");
}

/* Takes it, and says so. */
static void take(void)
{
	sem_wait(semaphore); /* TAKE */
	sem_post(taken_once);
}

/* One that is killed, or ends by itself, with it in hand. */
static void lose_one(int killed)
{
	pid_t taker = fork();

	if (taker == 0) {
		/* Who ends by itself shows before that it is a lock: it is given back, too. */
		if (!killed) {
			sem_wait(semaphore);
			sem_post(semaphore);
		}
		take(); /* LOST */
		if (!killed)
			_exit(0);
		pause();
	}
	sem_wait(taken_once);
	if (killed)
		kill(taker, SIGKILL); /* KILL */
	wait_for(taker);
}

static pid_t start_other_waiter(void)
{
	pid_t waiter = fork();

	if (waiter == 0) {
		sem_wait(semaphore); /* OTHER_WAIT */
		sem_post(semaphore);
		_exit(0);
	}
	return waiter;
}

static pid_t start_waiter(void)
{
	pid_t waiter = fork(); /* FORK_WAITER */

	if (waiter == 0) {
		sem_wait(semaphore); /* WAIT */
		sem_post(semaphore);
		_exit(0);
	}
	return waiter;
}

/* A process that takes it and gives it back late. */
static pid_t start_late(void)
{
	pid_t late = fork();

	if (late == 0) {
		take();
		be_late();
		sem_post(semaphore);
		_exit(0);
	}
	sem_wait(taken_once);
	return late;
}

/* Looks busy with something else: it could post. */
static int wait_beside(pid_t waiter)
{
	return reap_within(waiter, CASE_PATIENCE / 2);
}

/* Not a lock: some put in, others take out and end. */
static int queue(void)
{
	pid_t waiter;

	sem_post(semaphore);
	lose_one(1);
	waiter = start_waiter();
	be_late();
	sem_post(semaphore);
	return wait_for(waiter);
}

/* The second of two is with one that lives. */
static int permits(void)
{
	pid_t late, waiter;
	int status;

	lose_one(1);
	late = start_late();
	waiter = start_waiter();
	status = wait_beside(waiter);
	return status ? status : wait_for(late);
}

static int run(char **argv)
{
	pid_t late;

	if (mode_is(argv, "queue")) {
		make_unnamed(0);
		return queue();
	}
	make_unnamed(mode_is(argv, "permits") ? 2 : 1);
	if (mode_is(argv, "permits"))
		return permits();
	if (mode_is(argv, "named"))
		make_named();
	if (mode_is(argv, "late")) {
		late = start_late();
		return wait_for(start_waiter()) + wait_for(late);
	}
	lose_one(!mode_is(argv, "ended")); /* LOSE */
	if (mode_is(argv, "reset"))
		sem_init(semaphore, 1, 1);
	if (mode_is(argv, "alone")) {
		sem_wait(semaphore); /* ALONE */
		return 0;
	}
	if (mode_is(argv, "several")) {
		pid_t one = start_waiter(), other = start_other_waiter();

		return wait_for(one) | wait_for(other);
	}
	if (mode_is(argv, "beside"))
		return wait_beside(start_waiter());
	return wait_for(start_waiter());
}

int main(int argc, char **argv)
{
	pid_t first = argc > 1 ? fork() : -1;

	if (first == 0)
		_exit(run(argv));
	return reap(first);
}
