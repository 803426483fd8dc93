/* lat.h: what most programs here share. SLOW=1 stretches the critical section. */
#ifndef LAT_H
#define LAT_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int slow;
static inline void begin(void)
{
	slow = getenv("SLOW") != NULL;
}
static inline void stretch(void)
{
	if (slow)
		usleep(20000);
}
static inline void ms(int n)
{
	usleep(n * 1000);
}
static inline void semwait(sem_t *s)
{
	while (sem_wait(s) != 0)
		continue;
}

static inline pthread_t spawn(void *(*f)(void *), void *arg)
{
	pthread_t t;
	if (pthread_create(&t, NULL, f, arg))
		abort();
	return t;
}

static inline int reap(pid_t pid)
{
	int status = 0;
	if (pid < 0)
		return 1;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 1;
	if (status)
		fprintf(stderr, "child %d: status %#x\n", (int)pid, status);
	return status != 0;
}

/* n forks, gap_us apart; the child's status is child()'s value. */
static inline int forks(int n, int gap_us, int (*child)(void))
{
	int bad = 0;
	for (int i = 0; i < n; i++) {
		usleep(gap_us);
		pid_t pid = fork();
		if (pid == 0)
			_exit(child());
		bad += reap(pid);
	}
	return bad != 0;
}
#endif
