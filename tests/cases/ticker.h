/*
 * What the programs have in common that predictions are tried with: a thread that uses a lock
 * every few milliseconds, from before a fork until after it, and the fork, whose child works. The
 * thread has used the lock when ticker_start() returns, and uses it once more after
 * ticker_end() was called, however busy the machine is.
 */
#ifndef TICKER_H
#define TICKER_H

#include "case.h"
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>

#define TICK_US 5000

struct ticks {
	void (*use)(void);
	sem_t first;
	pthread_t thread;
	atomic_bool ends;
};

static struct ticks ticks;

static void await(sem_t *semaphore)
{
	while (sem_wait(semaphore) != 0)
		continue;
}

/* A flag that is looked at without a wait is no order that can be seen, and orders nothing here. */
static void *ticker(void *unused)
{
	for (bool is_first = true, is_last = false; !is_last; is_first = false) {
		is_last = atomic_load(&ticks.ends);
		ticks.use(); /* TICK */
		if (is_first)
			sem_post(&ticks.first);
		usleep(TICK_US);
	}
	return unused;
}

static inline void ticker_start(void (*use)(void))
{
	ticks.use = use;
	sem_init(&ticks.first, 0, 0);
	pthread_create(&ticks.thread, NULL, ticker, NULL); /* CREATE */
	await(&ticks.first);
}

static inline void ticker_end(void)
{
	atomic_store(&ticks.ends, true);
	pthread_join(ticks.thread, NULL);
}

/* The status of the child. */
static inline int fork_and_work(int (*work)(void))
{
	pid_t child = fork(); /* FORK */

	if (child == 0)
		_exit(work());
	return reap(child);
}

static inline int tick_and_fork(void (*use)(void), int (*work)(void))
{
	int status;

	ticker_start(use);
	status = fork_and_work(work);
	ticker_end();
	return status;
}

#endif
