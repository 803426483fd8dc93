/*
 * State that a fork copies though it is good for one use: output that waits in
 * a buffer, random numbers. The first argument says what, the second what parent
 * and child do with it.
 */
#include "case.h"
#include <fcntl.h>
#include <stdio_ext.h>

static FILE *journal; /* nobody reads it */

static void open_journal(void)
{
	journal = fopen("/dev/null", "we");
	if (journal == NULL)
		err(2, "/dev/null");
}

static void *idle(void *unused)
{
	pthread_barrier_wait(&finished);
	return unused;
}

static void start_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, idle, NULL) != 0)
		errx(2, "no thread");
}

/* --- output ------------------------------------------------------------------ */

static void fill(FILE *stream)
{
	for (int i = 0; i < 100000; i++)
		fputs("line\n", stream);
}

/* Standard output is somebody else's from now on. */
static void redirect(void)
{
	int file = open("/proc/self/comm", O_WRONLY | O_CLOEXEC);

	if (file < 0 || dup2(file, fileno(journal)) < 0)
		err(2, "/proc/self/comm");
}

static void write_in_child(char **argv)
{
	const char *mode = argv[2];

	if (strcmp(mode, "ends") == 0)
		_exit(0);
	if (strcmp(mode, "flushes") == 0)
		fflush(journal); /* FLUSH */
	if (strcmp(mode, "flushes-all") == 0)
		fflush(NULL); /* FLUSH_ALL */
	if (strcmp(mode, "closes") == 0)
		fclose(journal); /* CLOSE */
	if (strcmp(mode, "overflows") == 0)
		fill(journal);
	if (strcmp(mode, "flushes-execs") == 0) {
		fflush(journal);
		execlp("true", "true", NULL);
	}
	if (strcmp(mode, "execs") == 0)
		execlp("true", "true", NULL);
	if (strcmp(mode, "overflows-execs") == 0) {
		fill(journal);
		execlp("true", "true", NULL);
	}
	if (strcmp(mode, "redirects") == 0)
		redirect();
	if (strcmp(mode, "purges") == 0)
		__fpurge(journal);
	if (strstr(mode, "exit") != NULL || strcmp(mode, "purges") == 0 ||
	    strcmp(mode, "redirects") == 0)
		exit(0); /* EXIT */
	_exit(0);
}

static int output(char **argv)
{
	pid_t child;

	if (strcmp(argv[2], "stdout-exit") == 0)
		journal = stdout;
	else
		open_journal();
	fputs("begin", journal);
	if (strcmp(argv[2], "flushed-exit") == 0)
		fflush(journal);
	if (strcmp(argv[2], "thread-exit") == 0)
		start_thread();
	child = fork(); /* FORK */
	if (child == 0)
		write_in_child(argv);
	if (reap(child) != 0)
		return 1;
	if (strcmp(argv[2], "parent-ends-exit") == 0)
		_exit(0);
	return 0;
}

/* Each child inherits the same bytes, until the parent writes them. */
static int children(void)
{
	open_journal();
	fputs("begin", journal);
	for (int i = 0; i < 3; i++) {
		pid_t child = fork(); /* FORK_MANY */

		if (child == 0) {
			fclose(journal); /* CLOSE_MANY */
			_exit(0);
		}
		if (reap(child) != 0)
			return 1;
	}
	fclose(journal); /* CLOSE_LAST */
	return 0;
}

/* --- random numbers ------------------------------------------------------------ */

static long draw(void)
{
	return random(); /* DRAW */
}

static double draw48(void)
{
	return drand48(); /* DRAW48 */
}

static void draw_in_child(char **argv)
{
	static char state[64];

	if (strcmp(argv[2], "seeds") == 0)
		srand(2);
	if (strcmp(argv[2], "seeds48") == 0)
		srand48(2);
	if (strcmp(argv[2], "own-state") == 0)
		initstate(2, state, sizeof(state));
	if (strcmp(argv[2], "child-idle") != 0) {
		draw();   /* CHILD_DRAW */
		draw48(); /* CHILD_DRAW48 */
	}
	_exit(0);
}

static int numbers(char **argv)
{
	const char *mode = argv[2];
	pid_t child;

	if (strcmp(mode, "seeds48") != 0 && strcmp(mode, "rand48") != 0 &&
	    strcmp(mode, "never-seeded") != 0)
		srandom(1);
	if (strcmp(mode, "seeds48") == 0 || strcmp(mode, "rand48") == 0)
		srand48(1);
	draw();
	draw48();
	child = fork(); /* FORK_DRAW */
	if (child == 0)
		draw_in_child(argv);
	if (strcmp(mode, "parent-seeds") == 0)
		srandom(3);
	if (strcmp(mode, "parent-idle") != 0) {
		draw();   /* PARENT_DRAW */
		draw48(); /* PARENT_DRAW48 */
	}
	return reap(child);
}

/* A child that draws, then a parent that seeds before its next draw: never the same. */
static int seeded_rounds(void)
{
	for (unsigned i = 0; i < 5; i++) {
		pid_t child;

		srandom(2 * i);
		child = fork();
		if (child == 0) {
			draw();
			_exit(0);
		}
		if (reap(child) != 0)
			return 1;
		srandom(2 * i + 1);
		draw();
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 2 && mode_is(argv, "output"))
		return output(argv);
	if (argc > 2 && mode_is(argv, "numbers"))
		return numbers(argv);
	if (mode_is(argv, "children"))
		return children();
	if (mode_is(argv, "seeded-rounds"))
		return seeded_rounds();
	return 2;
}
