/*
 * waker MODE: a child whose only thread waits for a semaphore of its own
 * that a signal handler posts, three seconds later. It looks just like a hang.
 * It ends with status 7, and so does the program.
 */
#include "case.h"
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/time.h>
#include <time.h>

#define AFTER_SECONDS 3

static sem_t woken;

static void post(int signal)
{
	(void)signal;
	sem_post(&woken);
}

static void post_by_value(int signal, siginfo_t *information, void *context)
{
	(void)signal;
	(void)context;
	sem_post(information->si_value.sival_ptr);
}

static void post_in_thread(union sigval value)
{
	sem_post(value.sival_ptr);
}

static void handle(int number)
{
	struct sigaction action = {.sa_handler = post};

	sigaction(number, &action, NULL);
}

static void handle_by_value(int number)
{
	struct sigaction action = {.sa_sigaction = post_by_value, .sa_flags = SA_SIGINFO};

	sigaction(number, &action, NULL);
}

static void arm_interval_timer(void)
{
	struct itimerval value = {.it_value.tv_sec = AFTER_SECONDS};

	handle(SIGALRM);
	setitimer(ITIMER_REAL, &value, NULL);
}

static void arm_timer(struct sigevent *event)
{
	struct itimerspec value = {.it_value.tv_sec = AFTER_SECONDS};
	timer_t timer;

	event->sigev_value.sival_ptr = &woken;
	if (timer_create(CLOCK_MONOTONIC, event, &timer) != 0)
		err(2, "timer_create");
	timer_settime(timer, 0, &value, NULL);
}

static void arm_posix_timer(void)
{
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};

	handle_by_value(SIGRTMIN);
	arm_timer(&event);
}

static void arm_thread_timer(void)
{
	struct sigevent event = {.sigev_notify = SIGEV_THREAD,
				 .sigev_notify_function = post_in_thread};

	arm_timer(&event);
}

static void arm(char **argv)
{
	if (mode_is(argv, "signal"))
		handle(SIGTERM);
	if (mode_is(argv, "real-time-signal"))
		handle_by_value(SIGRTMIN + 3);
	if (mode_is(argv, "setitimer"))
		arm_interval_timer();
	if (mode_is(argv, "timer"))
		arm_posix_timer();
	if (mode_is(argv, "thread-timer"))
		arm_thread_timer();
	if (mode_is(argv, "alarm")) {
		handle(SIGALRM);
		alarm(AFTER_SECONDS);
	}
}

static int work(char **argv)
{
	arm(argv);
	while (sem_wait(&woken) != 0) /* WAIT */
		;
	return 7;
}

/* The modes in which the waker is the parent. */
static void wake(pid_t child, char **argv)
{
	union sigval value = {.sival_ptr = &woken};

	poll(NULL, 0, AFTER_SECONDS * 1000);
	if (mode_is(argv, "signal") || mode_is(argv, "inherited"))
		kill(child, SIGTERM);
	if (mode_is(argv, "real-time-signal"))
		sigqueue(child, SIGRTMIN + 3, value);
}

static void *idle(void *unused)
{
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	pid_t child;
	int status;

	(void)argc;
	sem_init(&woken, 0, 0);
	if (mode_is(argv, "inherited"))
		handle(SIGTERM);
	pthread_create(&thread, NULL, idle, NULL);
	pthread_barrier_wait(&taken);
	child = fork(); /* FORK */
	if (child == 0)
		_exit(work(argv));
	wake(child, argv);
	status = reap(child);
	pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	return status;
}
