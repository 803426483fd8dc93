/*
 * rwlock HELD WHAT: a read-write lock that another thread has at the fork, for
 * "writing", for "reading", for reading "twice" of which it gave one back, for
 * reading while a third one is "queued" for writing, the same where a "preferred"
 * writer keeps readers out, or "released".
 */
#include "case.h"
#include <sched.h>
#include <stdbool.h>
#include <time.h>

/* glibc, nptl/pthread_rwlock_common.c: a writer has announced itself. */
#define WRITER_LOCKED 2

static pthread_rwlock_t table_lock;
static pthread_barrier_t queueing;

static int preference = PTHREAD_RWLOCK_PREFER_READER_NP;

static void initialise(void)
{
	pthread_rwlockattr_t attributes;

	pthread_rwlockattr_init(&attributes);
	pthread_rwlockattr_setkind_np(&attributes, preference);
	pthread_rwlock_init(&table_lock, &attributes); /* INITIALISE */
}

static bool is_queued(const char *held)
{
	return strcmp(held, "queued") == 0 || strcmp(held, "preferred") == 0;
}

static void take(const char *held)
{
	if (strcmp(held, "writing") == 0) {
		pthread_rwlock_wrlock(&table_lock); /* WRITE */
		return;
	}
	pthread_rwlock_rdlock(&table_lock); /* READ */
	if (strcmp(held, "twice") == 0) {
		pthread_rwlock_rdlock(&table_lock);
		pthread_rwlock_unlock(&table_lock);
	}
	if (strcmp(held, "released") == 0)
		pthread_rwlock_unlock(&table_lock);
}

static void write_once(void)
{
	pthread_rwlock_wrlock(&table_lock);
	pthread_rwlock_unlock(&table_lock);
}

/* The first time the lock is free, the second time it is not. */
static void *queued(void *unused)
{
	write_once();
	pthread_barrier_wait(&queueing);
	pthread_barrier_wait(&queueing);
	write_once();
	return unused;
}

static void take_before_queued(const char *held)
{
	pthread_barrier_wait(&queueing);
	take(held);
	pthread_barrier_wait(&queueing);
}

static void *holder(void *held)
{
	if (is_queued(held))
		take_before_queued(held);
	else
		take(held); /* TAKE */
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	if (strcmp(held, "released") != 0)
		pthread_rwlock_unlock(&table_lock);
	return NULL;
}

static struct timespec soon(clockid_t clock)
{
	struct timespec limit;

	clock_gettime(clock, &limit);
	limit.tv_nsec += 20000000;
	limit.tv_sec += limit.tv_nsec / 1000000000;
	limit.tv_nsec %= 1000000000;
	return limit;
}

/* In vain: the child goes on. */
static int try_to_take(const char *what)
{
	struct timespec real = soon(CLOCK_REALTIME), monotonic = soon(CLOCK_MONOTONIC);

	if (strcmp(what, "try-write") == 0)
		return pthread_rwlock_trywrlock(&table_lock) != EBUSY; /* TRYWRITE */
	if (strcmp(what, "try-read") == 0)
		return pthread_rwlock_tryrdlock(&table_lock) != EBUSY; /* TRYREAD */
	if (strcmp(what, "timed-write") == 0)
		return pthread_rwlock_timedwrlock(&table_lock, &real) != ETIMEDOUT; /* TIMEDWRITE */
	if (strcmp(what, "timed-read") == 0)
		return pthread_rwlock_timedrdlock(&table_lock, &real) != ETIMEDOUT; /* TIMEDREAD */
	if (strcmp(what, "clock-write") == 0)
		return pthread_rwlock_clockwrlock(&table_lock, CLOCK_MONOTONIC, &monotonic) !=
		       ETIMEDOUT; /* CLOCKWRITE */
	return pthread_rwlock_clockrdlock(&table_lock, CLOCK_MONOTONIC, &monotonic) !=
	       ETIMEDOUT; /* CLOCKREAD */
}

static void work(const char *what)
{
	if (strcmp(what, "latent") == 0)
		_exit(0);
	if (strstr(what, "try-") == what || strstr(what, "timed-") == what ||
	    strstr(what, "clock-") == what)
		_exit(try_to_take(what)); /* TRIED */
	if (strcmp(what, "own-read") == 0)
		pthread_rwlock_unlock(&table_lock);
	if (strcmp(what, "remade") == 0)
		initialise();
	if (strcmp(what, "overwritten") == 0)
		memset(&table_lock, 0, sizeof(table_lock));
	if (strcmp(what, "reads") == 0)
		pthread_rwlock_rdlock(&table_lock); /* READS */
	else
		pthread_rwlock_wrlock(&table_lock); /* WRITES */
	pthread_rwlock_unlock(&table_lock);
	_exit(0);
}

static int fork_and_work(const char *what)
{
	pid_t child = fork(); /* FORK */

	if (child == 0)
		work(what); /* CHILD */
	return reap(child);
}

/* The child's own child wants the lock, which the child's parent's thread has. */
static int fork_twice(void)
{
	pid_t child = fork(); /* TWICE */

	if (child == 0)
		_exit(fork_and_work("writes")); /* GRANDCHILD */
	return reap(child);
}

/* The thread that forks can give a read-lock back in the child, a write-lock not. */
static void take_own(const char *what)
{
	if (strcmp(what, "own-read") == 0)
		pthread_rwlock_rdlock(&table_lock);
	if (strcmp(what, "own-write") == 0)
		pthread_rwlock_wrlock(&table_lock); /* OWN */
}

static bool writer_waits(void)
{
	return __atomic_load_n(&table_lock.__data.__readers, __ATOMIC_RELAXED) & WRITER_LOCKED;
}

int main(int argc, char **argv)
{
	pthread_t thread, writer;
	bool queues;
	int status;

	if (argc != 3)
		errx(2, "usage: rwlock HELD WHAT");
	queues = is_queued(argv[1]);
	if (strcmp(argv[1], "preferred") == 0)
		preference = PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP;
	initialise();
	pthread_barrier_init(&queueing, NULL, 2);
	if (queues)
		pthread_create(&writer, NULL, queued, NULL);
	pthread_create(&thread, NULL, holder, argv[1]); /* CREATE */
	pthread_barrier_wait(&taken);
	while (queues && !writer_waits())
		sched_yield();
	take_own(argv[2]);
	status = strcmp(argv[2], "grandchild") == 0 ? fork_twice() : fork_and_work(argv[2]);
	pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	if (queues)
		pthread_join(writer, NULL);
	return status;
}
