/*
 * crashes HOW: a child beside whose parent a thread lives is ended by a signal. "store", "call",
 * "abort", "divide", "trap": by its own fault; "loop": in a thread that it has made;
 * "join": in pthread_join() of a lost thread, whose memory glibc has given back. "handled": it
 * has a handler; "exec": it is another program by then; "single": there was no other thread;
 * "kill", "other": another process sends SIGTERM, or SIGSEGV; "deep": no handler could run, its
 * stack is full.
 */
#include "case.h"

#define THREADS 16

static pthread_t threads[THREADS];
static pthread_barrier_t all;
static void (*volatile nowhere)(void);
static int *volatile no_number;
static volatile int none;

static void *serve(void *unused)
{
	pthread_barrier_wait(&all);
	pthread_barrier_wait(&finished);
	return unused;
}

static void *store(void *unused)
{
	*no_number = 1; /* STORE */
	return unused;
}

static void end_quietly(int signal)
{
	(void)signal;
	_exit(0);
}

static __attribute__((noinline)) int fill_stack(volatile char *below)
{
	volatile char bytes[4096];

	bytes[0] = *below;
	return bytes[0] ? 0 : fill_stack(bytes) + bytes[0]; /* DEEP */
}

/* The memory of their stacks is more than glibc keeps. */
static void join_all(void)
{
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL); /* JOIN */
}

static int told[2]; /* that the child is where it is to be ended */

static int is_ended_by_other(char **argv)
{
	return mode_is(argv, "kill") || mode_is(argv, "other");
}

static void crash(char **argv)
{
	volatile char zero = 0;
	pthread_t own;

	if (mode_is(argv, "call")) {
		nowhere(); /* CALL */
	} else if (mode_is(argv, "abort")) {
		abort(); /* ABORT */
	} else if (mode_is(argv, "divide")) {
		none = 1 % none; /* DIVIDE */
	} else if (mode_is(argv, "trap")) {
		__builtin_trap(); /* TRAP */
	} else if (mode_is(argv, "join")) {
		join_all(); /* JOINS */
	} else if (mode_is(argv, "deep")) {
		fill_stack(&zero);
	} else if (mode_is(argv, "loop")) {
		pthread_create(&own, NULL, store, NULL);
		pthread_join(own, NULL);
	} else if (mode_is(argv, "exec")) {
		execl("/proc/self/exe", argv[0], "execed", NULL);
	} else if (is_ended_by_other(argv)) {
		if (write(told[1], "", 1) == 1)
			pause();
	} else {
		if (mode_is(argv, "handled"))
			signal(SIGSEGV, end_quietly);
		store(NULL); /* STORES */
	}
	_exit(0);
}

static void start(char **argv)
{
	pthread_attr_t attributes;

	if (mode_is(argv, "single"))
		return;
	pthread_attr_init(&attributes);
	if (mode_is(argv, "join"))
		pthread_attr_setstacksize(&attributes, 8 << 20);
	pthread_barrier_init(&all, NULL, THREADS + 1);
	pthread_barrier_init(&finished, NULL, THREADS + 1);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], &attributes, serve, NULL); /* CREATE */
	pthread_barrier_wait(&all);
}

int main(int argc, char **argv)
{
	int status;
	pid_t child;
	char byte;

	if (argc < 2 || mode_is(argv, "execed"))
		abort();
	if (pipe(told))
		err(2, "pipe");
	start(argv);
	child = fork(); /* FORK */
	if (child == 0)
		crash(argv); /* CHILD */
	/* Killed while the shim writes of its fork, it loses what is being written. */
	if (is_ended_by_other(argv) && read(told[0], &byte, 1) == 1)
		kill(child, mode_is(argv, "kill") ? SIGTERM : SIGSEGV);
	status = reap(child);
	if (!mode_is(argv, "single")) {
		pthread_barrier_wait(&finished);
		for (int i = 0; i < THREADS; i++)
			pthread_join(threads[i], NULL);
	}
	return status;
}
