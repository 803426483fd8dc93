/* calm MODE: forks about which there is nothing to say. */
#include "case.h"
#include <spawn.h>

static pthread_mutex_t calm_mutex = PTHREAD_MUTEX_INITIALIZER;

static void *idle(void *unused)
{
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	return NULL;
}

static void *holder(void *unused)
{
	pthread_mutex_lock(&calm_mutex);
	idle(NULL);
	pthread_mutex_unlock(&calm_mutex);
	return NULL;
}

static int fork_and_exit(void)
{
	pid_t child = fork(); /* FORK */

	if (child == 0)
		_exit(0);
	return reap(child);
}

static int spawn(void)
{
	char *const arguments[] = {"true", NULL};
	char *const environment[] = {NULL};
	pid_t child;

	if (posix_spawn(&child, "/bin/true", NULL, NULL, arguments, environment) != 0)
		return 1;
	return reap(child);
}

static int shell(void)
{
	FILE *pipe = popen("true", "r");

	if (pipe == NULL || pclose(pipe) != 0)
		return 1;
	return system("true");
}

/* Without threads a lock that is held across a fork belongs to the child too. */
static int single_threaded(void)
{
	pthread_mutex_lock(&calm_mutex);
	return fork_and_exit();
}

int main(int argc, char **argv)
{
	pthread_t thread;
	int status;

	(void)argc;
	if (mode_is(argv, "single"))
		return single_threaded();
	pthread_create(&thread, NULL, mode_is(argv, "idle") ? idle : holder, NULL);
	pthread_barrier_wait(&taken);
	if (mode_is(argv, "spawn"))
		status = spawn();
	else if (mode_is(argv, "shell"))
		status = shell();
	else
		status = fork_and_exit();
	pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	return status;
}
