/*
 * Starts a program in every way that there is:
 *
 *   executes HOW CALL ENVIRONMENT PROGRAM
 *
 * HOW: here, fork, vfork, spawn. CALL: the function. ENVIRONMENT: kept, empty, null,
 * or own, which has an LD_PRELOAD of its own. Ends with the program's status.
 */
#include "../case.h"
#include <fcntl.h>
#include <spawn.h>

extern char **environ;

static char *empty[] = {NULL};
static char *own[] = {"LD_PRELOAD=libm.so.6", NULL};

static char **environment_of(const char *name)
{
	if (strcmp(name, "empty") == 0)
		return empty;
	if (strcmp(name, "null") == 0)
		return NULL;
	return strcmp(name, "own") == 0 ? own : environ;
}

static const char *base_name(const char *path)
{
	return strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
}

/* Comes back only where it fails. */
static void execute(const char *call, char **words, char **environment)
{
	if (strcmp(call, "execve") == 0)
		execve(words[0], words, environment);
	else if (strcmp(call, "execv") == 0)
		execv(words[0], words);
	else if (strcmp(call, "execvp") == 0)
		execvp(base_name(words[0]), words);
	else if (strcmp(call, "execvpe") == 0)
		execvpe(base_name(words[0]), words, environment);
	else if (strcmp(call, "execl") == 0)
		execl(words[0], words[0], "more", (char *)NULL);
	else if (strcmp(call, "execlp") == 0)
		execlp(base_name(words[0]), words[0], "more", (char *)NULL);
	else if (strcmp(call, "execle") == 0)
		execle(words[0], words[0], "more", (char *)NULL, environment);
	else if (strcmp(call, "fexecve") == 0)
		fexecve(open(words[0], O_PATH | O_CLOEXEC), words, environment);
	else if (strcmp(call, "execveat") == 0)
		execveat(AT_FDCWD, words[0], words, environment, 0);
	else if (strcmp(call, "execveat-empty") == 0)
		execveat(open(words[0], O_RDONLY | O_CLOEXEC), "", words, environment,
			 AT_EMPTY_PATH);
	else if (strcmp(call, "raw") == 0)
		syscall(SYS_execve, words[0], words, environment);
	else if (strcmp(call, "rawat") == 0)
		syscall(SYS_execveat, AT_FDCWD, words[0], words, environment, 0);
}

static int spawn(const char *call, char **words, char **environment)
{
	pid_t child;

	if (strcmp(call, "posix_spawn") == 0)
		errno = posix_spawn(&child, words[0], NULL, NULL, words, environment);
	else if (strcmp(call, "posix_spawnp") == 0)
		errno = posix_spawnp(&child, base_name(words[0]), NULL, NULL, words, environment);
	else
		errno = ENOSYS;
	if (errno)
		err(2, "%s", call);
	return reap(child);
}

static int run_child(const char *how, const char *call, char **words, char **environment)
{
	pid_t child = strcmp(how, "vfork") == 0 ? vfork() : fork();

	if (child == 0) {
		execute(call, words, environment);
		_exit(99);
	}
	return reap(child);
}

int main(int argc, char **argv)
{
	char **words = argv + 4, **environment;

	if (argc < 5)
		errx(2, "executes HOW CALL ENVIRONMENT PROGRAM");
	environment = environment_of(argv[3]);
	if (strcmp(argv[1], "spawn") == 0)
		return spawn(argv[2], words, environment);
	if (strcmp(argv[1], "here") != 0)
		return run_child(argv[1], argv[2], words, environment);
	execute(argv[2], words, environment);
	err(99, "%s", argv[2]);
}
