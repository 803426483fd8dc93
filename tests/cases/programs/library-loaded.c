/* library-loaded MODE LIBRARY: the lock, the thread and the handlers come with dlopen. */
#include "case.h"
#include <dlfcn.h>

#define FORKS 50

static void *library;

static void call(const char *name)
{
	void (*function)(void) = (void (*)(void))dlsym(library, name);

	if (function == NULL)
		errx(2, "%s", dlerror());
	function();
}

static int fork_and_write(void)
{
	pid_t child = fork(); /* FORK */

	if (child == 0) {
		call("journal_write");
		_exit(0);
	}
	return reap(child);
}

static int fork_and_exit(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	return reap(child);
}

static int safe(void)
{
	int status = 0;

	call("journal_protect");
	call("journal_start");
	for (int i = 0; i < FORKS && status == 0; i++)
		status = fork_and_write();
	call("journal_stop");
	return status;
}

/* After dlclose() the lock and its handlers are gone, and so is what they did. */
static int unloaded(void)
{
	int status = safe();

	if (dlclose(library) != 0)
		errx(2, "%s", dlerror());
	if (status != 0)
		return status;
	return fork_and_exit();
}

int main(int argc, char **argv)
{
	int status;

	if (argc != 3)
		errx(2, "usage: library-loaded MODE LIBRARY");
	library = dlopen(argv[2], RTLD_NOW | RTLD_LOCAL);
	if (library == NULL)
		errx(2, "%s", dlerror());
	if (mode_is(argv, "protected"))
		return safe();
	if (mode_is(argv, "unloaded"))
		return unloaded();
	call("journal_hold");
	status = fork_and_write();
	call("journal_release");
	return status;
}
