/* A thread that calls something over and over, and children that each call it once. */
#ifndef SUITES_BESIDE_H
#define SUITES_BESIDE_H

#include "reap.h"
#include <pthread.h>
#include <stdatomic.h>

#define SUITE_CHILDREN 5000

static atomic_bool beside_ended;

static void *call_over_and_over(void *call)
{
	while (!beside_ended)
		((void (*)(void))call)();
	return NULL;
}

static inline int fork_and_call(void (*call)(void))
{
	pid_t child = fork();

	if (child == 0) {
		call();
		_exit(0);
	}
	return reap(child);
}

/* Until one child does not return. Safe: the thread has ended before the first fork. */
static inline int fork_beside(void (*call)(void), int is_safe)
{
	pthread_t thread;
	int status = 0;

	pthread_create(&thread, NULL, call_over_and_over, (void *)call);
	if (is_safe) {
		beside_ended = 1;
		pthread_join(thread, NULL);
		return fork_and_call(call);
	}
	for (int i = 0; i < SUITE_CHILDREN && status == 0; i++)
		status = fork_and_call(call);
	beside_ended = 1;
	pthread_join(thread, NULL);
	return status;
}

#endif
