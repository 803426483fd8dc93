/* mtx TYPE WHAT: C11's mutex, held by another thread at the fork or released before. */
#include "case.h"
#include <threads.h>
#include <time.h>

static mtx_t shared_mtx;
static int released;

static void initialise(const char *type)
{
	int recursive = strcmp(type, "recursive") == 0 ? mtx_recursive : 0;

	mtx_init(&shared_mtx, mtx_timed | recursive); /* INITIALISE */
}

static int holder(void *unused)
{
	mtx_lock(&shared_mtx); /* ACQUIRE */
	if (released)
		mtx_unlock(&shared_mtx);
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	if (!released)
		mtx_unlock(&shared_mtx);
	return 0;
}

static int lock_for_a_moment(void)
{
	struct timespec limit;

	timespec_get(&limit, TIME_UTC);
	limit.tv_nsec += 20000000;
	limit.tv_sec += limit.tv_nsec / 1000000000;
	limit.tv_nsec %= 1000000000;
	return mtx_timedlock(&shared_mtx, &limit) != thrd_timedout; /* TIMED */
}

static void work(char **argv)
{
	if (strcmp(argv[2], "latent") == 0)
		_exit(0);
	if (strcmp(argv[2], "try") == 0)
		_exit(mtx_trylock(&shared_mtx) != thrd_busy); /* TRY */
	if (strcmp(argv[2], "timed") == 0)
		_exit(lock_for_a_moment());
	if (strcmp(argv[2], "remade") == 0)
		initialise(argv[1]);
	mtx_lock(&shared_mtx); /* CHILD */
	mtx_unlock(&shared_mtx);
	_exit(0);
}

int main(int argc, char **argv)
{
	thrd_t thread;
	pid_t child;
	int status;

	if (argc != 3)
		errx(2, "usage: mtx TYPE WHAT");
	released = strcmp(argv[2], "released") == 0;
	initialise(argv[1]);
	thrd_create(&thread, holder, NULL); /* CREATE */
	pthread_barrier_wait(&taken);
	child = fork(); /* FORK */
	if (child == 0)
		work(argv);
	status = reap(child);
	pthread_barrier_wait(&finished);
	thrd_join(thread, NULL);
	return status;
}
