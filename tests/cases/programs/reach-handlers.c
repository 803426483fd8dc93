/*
 * reach-handlers WHICH [LIBRARY]: atfork handlers that cover the locks which a child takes, or
 * do not. A thread uses them all the time.
 * whole, partial: of two locks both, or one. late: registered after the fork. first, last: the
 * child handler of another module takes the lock after it was made anew, or before. library,
 * library-own: LIBRARY covers the program's lock, or only its own.
 */
#include "ticker.h"
#include <dlfcn.h>

static pthread_mutex_t front_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t back_mutex = PTHREAD_MUTEX_INITIALIZER;
static unsigned long uses;

static void use_front(void)
{
	pthread_mutex_lock(&front_mutex); /* FRONT */
	uses++;
	pthread_mutex_unlock(&front_mutex);
}

static void use_back(void)
{
	pthread_mutex_lock(&back_mutex); /* BACK */
	uses++;
	pthread_mutex_unlock(&back_mutex);
}

static void use_both(void)
{
	use_front(); /* BOTH-FRONT */
	use_back();  /* BOTH-BACK */
}

static int work(void)
{
	use_both(); /* WORK */
	return 0;
}

static int work_in_front(void)
{
	use_front(); /* WORK-IN-FRONT */
	return 0;
}

static void lock_front(void)
{
	pthread_mutex_lock(&front_mutex);
}

static void unlock_front(void)
{
	pthread_mutex_unlock(&front_mutex);
}

static void lock_both(void)
{
	pthread_mutex_lock(&front_mutex);
	pthread_mutex_lock(&back_mutex);
}

static void unlock_both(void)
{
	pthread_mutex_unlock(&back_mutex);
	pthread_mutex_unlock(&front_mutex);
}

static void make_anew(void)
{
	pthread_mutex_init(&front_mutex, NULL);
}

/* Another module's, which knows nothing of the lock. */
static void tell_of_fork(void)
{
	use_front(); /* TELL */
}

static void use_library(const char *path, const char *function)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	void (*cover)(pthread_mutex_t *);

	if (library == NULL)
		errx(2, "%s", dlerror());
	cover = (void (*)(pthread_mutex_t *))dlsym(library, function);
	cover(&front_mutex);
}

int main(int argc, char **argv)
{
	int status;

	if (argc < 2)
		errx(2, "usage: reach-handlers WHICH [LIBRARY]");
	if (mode_is(argv, "whole") || mode_is(argv, "partial")) {
		bool is_whole = mode_is(argv, "whole");

		pthread_atfork(is_whole ? lock_both : lock_front,
			       is_whole ? unlock_both : unlock_front,
			       is_whole ? unlock_both : unlock_front);
		return tick_and_fork(use_both, work);
	}
	/* Child handlers run in the order of their registration. */
	if (mode_is(argv, "last"))
		pthread_atfork(NULL, NULL, tell_of_fork);
	if (mode_is(argv, "first") || mode_is(argv, "last"))
		pthread_atfork(NULL, NULL, make_anew);
	if (mode_is(argv, "first"))
		pthread_atfork(NULL, NULL, tell_of_fork);
	if (argc == 3)
		use_library(argv[2], mode_is(argv, "library") ? "tick_cover" : "tick_cover_own");
	status = tick_and_fork(use_front, work_in_front);
	if (mode_is(argv, "late"))
		pthread_atfork(lock_front, unlock_front, unlock_front);
	return status;
}
