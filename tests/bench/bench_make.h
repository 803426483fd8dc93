/* A build of its own in a folder of its own: make, two jobs, one recipe for every target. */
#ifndef BENCH_MAKE_H
#define BENCH_MAKE_H

#include "bench.h"
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

static inline void bench_write(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	if (!file || fputs(text, file) < 0 || fclose(file))
		err(1, "%s", path);
}

static inline int bench_run(char *const arguments[])
{
	extern char **environ;
	int status;
	pid_t child;

	if (posix_spawnp(&child, arguments[0], NULL, NULL, arguments, environ) != 0 ||
	    waitpid(child, &status, 0) != child)
		errx(1, "%s cannot be started", arguments[0]);
	return status;
}

/* Prints the time of one target. What is built is removed. */
static inline int bench_make(const char *recipe, long targets)
{
	char folder[] = "/tmp/forkcheck-bench.XXXXXX", text[256];
	char *const make[] = {"make", "-rs", "-j2", NULL};
	char *const clean[] = {"rm", "-rf", folder, NULL};
	double start;
	int status;

	if (!mkdtemp(folder) || chdir(folder))
		err(1, "%s", folder);
	snprintf(text, sizeof(text),
		 "all: $(foreach n,$(shell seq %ld),$n.o)\n%%.o: one.c\n\t@%s\n", targets, recipe);
	bench_write("Makefile", text);
	bench_write("one.c", "int one(int value)\n{\n\treturn value + 1;\n}\n");
	start = bench_now();
	status = bench_run(make);
	if (status == 0)
		bench_print(start, targets);
	bench_run(clean);
	return status != 0;
}

#endif
