/*
 * statics MODE LIBRARY: function-local statics of a C++ library that comes with dlopen,
 * and with it the C++ runtime. Linked as statics-runtime, the program has a C++ runtime
 * from the start.
 */
#include "case.h"
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

#define RACERS 4

static void *library;
static int (*look_up)(void (*)(void));
static pthread_barrier_t start;

static void *find(const char *name)
{
	void *found = dlsym(library, name);

	if (found == NULL)
		errx(2, "%s", dlerror());
	return found;
}

static void wait_while_making(void)
{
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
}

static void *make_slowly(void *unused)
{
	look_up(wait_while_making); /* TAKE */
	return NULL;
}

static void *make(void *unused)
{
	look_up(NULL);
	wait_while_making();
	return NULL;
}

static int fork_with(void *(*thread_routine)(void *), bool touches)
{
	pthread_t thread;
	pid_t child;
	int status;

	pthread_create(&thread, NULL, thread_routine, NULL); /* CREATE */
	pthread_barrier_wait(&taken);
	child = fork(); /* FORK */
	if (child == 0)
		_exit(touches && look_up(NULL) != 7); /* CHILD */
	status = reap(child);
	pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	return status;
}

static int fork_and_end(void)
{
	pid_t child = fork();

	return child < 0 ? 1 : child == 0 ? 0 : reap(child);
}

static pid_t forked_inside;

static void fork_inside(void)
{
	forked_inside = fork();
}

/* The thread that forks is the one that makes: it goes on making in the child. */
static int fork_by_maker(void)
{
	int size = look_up(fork_inside);

	if (forked_inside == 0)
		_exit(size + look_up(NULL) != 14);
	return size == 7 ? reap(forked_inside) : 1;
}

static void *race(void *unused)
{
	int (*statics_race)(void) = (int (*)(void))find("statics_race");

	pthread_barrier_wait(&start);
	return (void *)(intptr_t)statics_race();
}

static int run_race(void)
{
	pthread_t threads[RACERS];
	void *made;
	int status = 0;

	pthread_barrier_init(&start, NULL, RACERS);
	for (int i = 0; i < RACERS; i++)
		pthread_create(&threads[i], NULL, race, NULL);
	for (int i = 0; i < RACERS; i++) {
		pthread_join(threads[i], &made);
		status |= (intptr_t)made != 100;
	}
	return status | fork_and_end();
}

static int fail(void)
{
	int (*statics_fail)(void) = (int (*)(void))find("statics_fail");

	return statics_fail() == 7 ? fork_and_end() : 1;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		errx(2, "usage: statics MODE LIBRARY");
	library = dlopen(argv[2], RTLD_NOW | RTLD_LOCAL);
	if (library == NULL)
		errx(2, "%s", dlerror());
	look_up = (int (*)(void (*)(void)))find("statics_look_up");
	if (mode_is(argv, "race"))
		return run_race();
	if (mode_is(argv, "failed"))
		return fail();
	if (mode_is(argv, "own"))
		return fork_by_maker();
	if (mode_is(argv, "made"))
		return fork_with(make, true);
	return fork_with(make_slowly, mode_is(argv, "hang")); /* RUN */
}
