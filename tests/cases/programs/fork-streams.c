/*
 * fork-streams MODE: fork() beside fflush(NULL), which has the list of streams and waits for
 * a stream that another thread has: as it reads (reader), with flockfile() (locked), or the
 * standard output (output). cured: only one stream is flushed.
 */
#include "case.h"
#include <stdbool.h>

#define ENOUGH_MS  6000
#define DESCRIPTOR 20

static FILE *stream;
static int input[2];
static bool is_cured;

static void *read_stream(void *unused)
{
	char line[80];

	while (fgets(line, sizeof(line), stream) != NULL) /* READ */
		;
	return unused;
}

static void *lock_stream(void *unused)
{
	flockfile(stream);
	for (;;)
		pause(); /* KEEP */
	return unused;
}

static void *flush(void *unused)
{
	fflush(is_cured ? stderr : NULL); /* FLUSH */
	return unused;
}

/* Nothing here is proven, and nobody is killed. */
static void *end_at_last(void *unused)
{
	poll(NULL, 0, ENOUGH_MS);
	_exit(CASE_HUNG);
	return unused;
}

static void wait_until_asleep(void)
{
	/* Nothing tells that a thread is in its call but /proc. */
	poll(NULL, 0, 300);
}

static int start_helper(void)
{
	pid_t child = fork(); /* FORK */

	if (child == 0)
		_exit(0);
	return reap(child);
}

int main(int argc, char **argv)
{
	pthread_t thread;
	int status;

	is_cured = mode_is(argv, "cured");
	if (argc < 2 || pipe(input) < 0)
		err(2, "pipe");
	pthread_create(&thread, NULL, end_at_last, NULL);
	stream = mode_is(argv, "output") ? stdout : fdopen(dup2(input[0], DESCRIPTOR), "r");
	pthread_create(&thread, NULL,
		       mode_is(argv, "reader") || is_cured ? read_stream : lock_stream, NULL);
	wait_until_asleep();
	pthread_create(&thread, NULL, flush, NULL); /* CREATE */
	wait_until_asleep();
	status = start_helper(); /* CALL */
	_exit(status);
}
