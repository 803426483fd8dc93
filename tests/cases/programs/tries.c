/*
 * tries HOW [given]: a child asks for a lock again and again, and waits nowhere; a lost thread
 * has it, or "given": it has given it back. The child does nothing else, and its parent ends
 * it after four seconds.
 */
#include "case.h"
#include <sched.h>
#include <time.h>

#define PATIENCE_MS 4000

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;
static const char *how;

static struct timespec soon(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	time.tv_nsec += 50000000;
	time.tv_sec += time.tv_nsec / 1000000000;
	time.tv_nsec %= 1000000000;
	return time;
}

static int is(const char *mode)
{
	return strcmp(how, mode) == 0;
}

static int try_once(void)
{
	struct timespec limit = soon();

	if (is("yield"))
		return pthread_rwlock_trywrlock(&table); /* WRITE */
	if (is("timed"))
		return pthread_mutex_timedlock(&mutex, &limit); /* TIMED */
	if (is("timed-table"))
		return pthread_rwlock_timedrdlock(&table, &limit); /* READ */
	return pthread_mutex_trylock(&mutex);                      /* MUTEX */
}

static void take(void)
{
	while (try_once() != 0) { /* TRY */
		if (is("yield") || is("spins"))
			sched_yield();
		else if (is("sleeps"))
			usleep(1000);
	}
}

static void *holder(void *is_given)
{
	int has_table = is("yield") || is("timed-table");

	if (has_table)
		pthread_rwlock_wrlock(&table); /* HOLD_TABLE */
	else
		pthread_mutex_lock(&mutex); /* HOLD */
	if (is_given && has_table)
		pthread_rwlock_unlock(&table);
	else if (is_given)
		pthread_mutex_unlock(&mutex);
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	pid_t child;
	int status;

	if (argc < 2)
		errx(2, "usage: tries HOW [given]");
	how = argv[1];
	pthread_create(&thread, NULL, holder, argv[2]); /* CREATE */
	pthread_barrier_wait(&taken);
	child = fork(); /* FORK */
	if (child == 0) {
		take(); /* CHILD */
		_exit(0);
	}
	status = reap_within(child, PATIENCE_MS);
	pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	return status;
}
