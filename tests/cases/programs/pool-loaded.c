/* pool-loaded MODE LIBRARY: the pool and its threads come with dlopen. */
#include "case.h"
#include <dlfcn.h>

#define THREADS 3

static void *load(const char *path)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (library == NULL)
		errx(2, "%s", dlerror());
	return library;
}

static int call(void *library, const char *name, int argument)
{
	int (*function)(int) = (int (*)(int))dlsym(library, name);

	if (function == NULL)
		errx(2, "%s", dlerror());
	return function(argument); /* CALL */
}

static int work(void *library, int restart)
{
	if (restart)
		call(library, "pool_restart", THREADS);
	return call(library, "pool_run", 21) == 42 ? 0 : 1; /* USE */
}

int main(int argc, char **argv)
{
	void *library;
	pid_t child;

	if (argc != 3)
		errx(2, "usage: pool-loaded MODE LIBRARY");
	library = load(argv[2]);
	call(library, "pool_start", THREADS); /* START */
	child = fork();                       /* FORK */
	if (child == 0)
		_exit(work(library, mode_is(argv, "restarted"))); /* CHILD */
	return reap(child);
}
