/*
 * latch WAY MODE: a latch made of a bare futex word. WAY is how the kernel is
 * called: syscall(), by an instruction in the program itself, or by syscall()
 * without FUTEX_PRIVATE_FLAG and with a bit set.
 */
#include "case.h"
#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>

static atomic_int requested;
static atomic_int latch;
static int wait_operation = FUTEX_WAIT_PRIVATE;
static int wake_operation = FUTEX_WAKE_PRIVATE;

static long futex_inline(atomic_int *word, int operation, int value)
{
	long result;

	SYSTEM_CALL(result, SYS_futex, word, operation, value, 0, 0); /* INSTRUCTION */
	return result;
}

static long futex_called(atomic_int *word, int operation, int value)
{
	return syscall(SYS_futex, word, operation, value, NULL, NULL, /* CALLED */
		       FUTEX_BITSET_MATCH_ANY);
}

static long (*futex)(atomic_int *word, int operation, int value) = futex_called;

static void wait_until_set(atomic_int *word)
{
	while (atomic_load(word) == 0)
		futex(word, wait_operation, 0); /* WAIT */
}

static void set(atomic_int *word)
{
	atomic_store(word, 1);
	futex(word, wake_operation, INT_MAX);
}

static void *server(void *unused)
{
	wait_until_set(&requested);
	set(&latch);
	return NULL;
}

static void start_server(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, server, NULL); /* CREATE */
	pthread_detach(thread);
}

static void choose(const char *way)
{
	if (strcmp(way, "inline") == 0)
		futex = futex_inline;
	if (strcmp(way, "bitset") == 0) {
		wait_operation = FUTEX_WAIT_BITSET;
		wake_operation = FUTEX_WAKE_BITSET;
	}
}

static int work(int serve)
{
	if (serve)
		start_server();
	set(&requested);
	wait_until_set(&latch); /* USE */
	return 0;
}

int main(int argc, char **argv)
{
	pid_t child;

	if (argc != 3)
		errx(2, "usage: latch WAY MODE");
	choose(argv[1]);
	start_server(); /* START */
	child = fork(); /* FORK */
	if (child == 0)
		_exit(work(strcmp(argv[2], "served") == 0)); /* CHILD */
	return reap(child);
}
