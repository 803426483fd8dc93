/*
 * idle-set MODE: a child waits by the set of epoll that its parent's threads had: an eventfd that
 * nobody has written to, and a timer that does not run. A runtime's loop, whose system calls are
 * instructions of its own, looks so from outside. "hang": its parent waits for it. "armed": it has
 * armed the timer. "late": a thread of its parent does. These two end by themselves.
 */
#include "case.h"
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

#define ARMED_S 2

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t forked = PTHREAD_COND_INITIALIZER;
static int set, timer, event;
static bool is_forked;

static void arm_timer(void)
{
	struct itimerspec soon = {.it_value.tv_sec = ARMED_S};

	timerfd_settime(timer, 0, &soon, NULL);
}

static void *react(void *is_late)
{
	pthread_mutex_lock(&mutex);
	while (!is_forked || !is_late)
		pthread_cond_wait(&forked, &mutex);
	pthread_mutex_unlock(&mutex);
	poll(NULL, 0, ARMED_S * 1000);
	arm_timer();
	return NULL;
}

static void add(int descriptor)
{
	struct epoll_event asked = {.events = EPOLLIN, .data.fd = descriptor};

	if (epoll_ctl(set, EPOLL_CTL_ADD, descriptor, &asked) != 0)
		err(2, "epoll_ctl");
}

static void start_reactor(bool is_late)
{
	pthread_t thread;

	set = epoll_create1(0);
	timer = timerfd_create(CLOCK_MONOTONIC, 0);
	event = eventfd(0, 0);
	add(timer);
	add(event);
	pthread_create(&thread, NULL, react, is_late ? &set : NULL); /* CREATE */
}

static void tell_of_fork(void)
{
	pthread_mutex_lock(&mutex);
	is_forked = true;
	pthread_cond_signal(&forked);
	pthread_mutex_unlock(&mutex);
}

static void block_on(void)
{
	struct epoll_event ready;

	epoll_wait(set, &ready, 1, -1); /* WAIT */
}

int main(int argc, char **argv)
{
	pid_t child;
	int status;

	if (argc != 2)
		errx(2, "usage: idle-set MODE");
	/* It has none of what is made from here on. */
	end_with_guard();
	start_reactor(mode_is(argv, "late")); /* START */
	child = fork();                       /* FORK */
	if (child == 0) {
		if (mode_is(argv, "armed"))
			arm_timer();
		block_on();
		_exit(0);
	}
	tell_of_fork();
	if (waitpid(child, &status, 0) != child)
		err(2, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
