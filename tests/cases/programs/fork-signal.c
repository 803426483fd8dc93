/*
 * fork-signal WORK [cured]: a signal handler forks while the same thread does WORK, until the
 * signal comes where libc has a lock that fork() takes, or the
 * program one that its own handler of fork() takes (lock). cured: the handler calls _Fork().
 */
#include "case.h"
#include <stdbool.h>
#include <sys/time.h>

#define TIMES 400

static volatile int forked;
static bool is_cured;
static pthread_mutex_t log_mutex = PTHREAD_MUTEX_INITIALIZER;

static void on_profile(int number)
{
	pid_t child = is_cured ? _Fork() : fork(); /* FORK */

	(void)number;
	if (child == 0)
		_exit(0);
	while (waitpid(child, NULL, 0) < 0)
		;
	forked++;
}

static void *idle(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void work_malloc(unsigned i)
{
	static void *pieces[64];

	free(pieces[i % 64]);
	pieces[i % 64] = malloc(2000 + i * 7919 % 60000); /* MALLOC */
}

static void work_realloc(unsigned i)
{
	static void *piece;

	piece = realloc(piece, 2000 + i * 7919 % 60000); /* REALLOC */
}

static void work_fopen(unsigned i)
{
	FILE *file = fopen("/dev/null", "r"); /* FOPEN */

	(void)i;
	if (file != NULL)
		fclose(file);
}

static void prepare(void)
{
	pthread_mutex_lock(&log_mutex); /* PREPARE */
}

static void release(void)
{
	pthread_mutex_unlock(&log_mutex);
}

static void work_lock(unsigned i)
{
	pthread_mutex_lock(&log_mutex); /* LOCK */
	for (volatile unsigned k = 0; k < 1000; k++)
		;
	pthread_mutex_unlock(&log_mutex);
	(void)i;
}

static void work(const char *what)
{
	for (unsigned i = 0; forked < TIMES; i++)
		if (strcmp(what, "malloc") == 0)
			work_malloc(i);
		else if (strcmp(what, "realloc") == 0)
			work_realloc(i);
		else if (strcmp(what, "lock") == 0)
			work_lock(i);
		else
			work_fopen(i);
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = on_profile, .sa_flags = SA_RESTART};
	struct itimerval every = {{0, 500}, {0, 500}};
	pthread_t thread;
	sigset_t only;

	if (argc < 2)
		errx(2, "usage: fork-signal WORK [cured]");
	end_with_guard();
	is_cured = argc > 2;
	if (strcmp(argv[1], "lock") == 0)
		pthread_atfork(prepare, release, release);
	sigemptyset(&only);
	sigaddset(&only, SIGPROF);
	pthread_sigmask(SIG_BLOCK, &only, NULL);
	pthread_create(&thread, NULL, idle, NULL);
	pthread_sigmask(SIG_UNBLOCK, &only, NULL);
	sigaction(SIGPROF, &action, NULL);
	/* Without the cure it forks until it hangs. */
	while (setitimer(ITIMER_PROF, &every, NULL) == 0) {
		work(argv[1]);
		if (is_cured)
			return 0;
		forked = 0;
	}
	return 1;
}
