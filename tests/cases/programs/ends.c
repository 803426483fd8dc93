/* ends HOW [WHAT]: a program that prints, exits, crashes or closes what it can. */
#include "case.h"
#include <sys/resource.h>

/* A signal that nobody sent: the program really reads a null pointer. */
static int read_nothing(void)
{
	return *(volatile int *)NULL;
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[2] : "0";

	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	if (mode_is(argv, "exit"))
		return atoi(what);
	if (mode_is(argv, "print"))
		return puts(what) == EOF || fputs(what, stderr) == EOF;
	if (mode_is(argv, "raise"))
		return raise(atoi(what));
	if (mode_is(argv, "crash"))
		return read_nothing();
	if (mode_is(argv, "abort"))
		abort();
	if (mode_is(argv, "close")) {
		for (int descriptor = 0; descriptor < 1024; descriptor++)
			close(descriptor);
		return atoi(what);
	}
	errx(2, "usage: ends HOW [WHAT]");
}
