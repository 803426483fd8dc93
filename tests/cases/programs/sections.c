/*
 * sections WHAT: threads that have a lock for a few instructions, over and over, and
 * forks until one meets it held. Wherever in it: who has it is known.
 */
#include "case.h"
#include <threads.h>

#define FORKS 3000
#define SAFE  300
#define PAUSE 50

static pthread_mutex_t section_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t section_rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_spinlock_t section_spin;
static mtx_t section_mtx;
static const char *what;
static volatile long counter;

static int is(const char *mode)
{
	return strcmp(what, mode) == 0;
}

static void take(void)
{
	if (is("read"))
		pthread_rwlock_rdlock(&section_rwlock); /* READ */
	else if (is("write"))
		pthread_rwlock_wrlock(&section_rwlock); /* WRITE */
	else if (is("mtx"))
		mtx_lock(&section_mtx); /* MTX */
	else if (is("spin"))
		pthread_spin_lock(&section_spin); /* SPIN */
	else
		pthread_mutex_lock(&section_mutex); /* MUTEX */
}

static void give(void)
{
	if (is("read") || is("write"))
		pthread_rwlock_unlock(&section_rwlock);
	else if (is("mtx"))
		mtx_unlock(&section_mtx);
	else if (is("spin"))
		pthread_spin_unlock(&section_spin);
	else
		pthread_mutex_unlock(&section_mutex);
}

static void take_in_child(void)
{
	if (is("read"))
		pthread_rwlock_wrlock(&section_rwlock); /* WRITE_AFTER */
	else
		take(); /* SAME */
}

static void *busy(void *unused)
{
	for (;;) {
		take(); /* TAKE */
		counter++;
		give();
		for (int i = 0; i < PAUSE; i++)
			counter++;
	}
	return unused;
}

int main(int argc, char **argv)
{
	int is_safe, threads, status = 0;

	if (argc != 2)
		errx(2, "usage: sections WHAT");
	what = argv[1];
	mtx_init(&section_mtx, mtx_plain);
	pthread_spin_init(&section_spin, PTHREAD_PROCESS_PRIVATE);
	is_safe = mode_is(argv, "atfork");
	threads = mode_is(argv, "crowd") ? 3 : 1;
	if (is_safe)
		pthread_atfork(take, give, give);
	for (int i = 0; i < threads; i++) {
		pthread_t thread;

		pthread_create(&thread, NULL, busy, NULL); /* CREATE */
	}
	for (int i = 0; i < (is_safe ? SAFE : FORKS) && status == 0; i++) {
		pid_t child = fork(); /* FORK */

		if (child == 0) {
			take_in_child(); /* CHILD */
			give();
			_exit(0);
		}
		status = reap(child);
	}
	/* The threads never end. */
	_exit(status);
}
