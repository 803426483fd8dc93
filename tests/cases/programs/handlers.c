/*
 * handlers WHAT: what atfork handlers do to a lock. "released" and "remade" are
 * right; "kept-child" and "kept-parent" forget to release; "recursive" and
 * "rwlock" are of types that cannot cross a fork; "foreign" releases what another
 * thread holds.
 */
#include "case.h"

static pthread_mutex_t guarded;
static pthread_rwlock_t guarded_rwlock = PTHREAD_RWLOCK_INITIALIZER;
static const char *what;

static int is(const char *mode)
{
	return strcmp(what, mode) == 0;
}

static void initialise(void)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	if (is("recursive"))
		pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&guarded, &attributes); /* INITIALISE */
}

static void before(void)
{
	if (is("rwlock"))
		pthread_rwlock_wrlock(&guarded_rwlock); /* WRITE */
	else if (!is("foreign"))
		pthread_mutex_lock(&guarded); /* LOCK */
}

static void in_parent(void)
{
	if (is("rwlock"))
		pthread_rwlock_unlock(&guarded_rwlock);
	else if (!is("foreign") && !is("kept-parent"))
		pthread_mutex_unlock(&guarded);
}

static void in_child(void)
{
	if (is("rwlock"))
		pthread_rwlock_unlock(&guarded_rwlock); /* UNWRITE */
	else if (is("remade"))
		pthread_mutex_init(&guarded, NULL);
	else if (!is("kept-child"))
		pthread_mutex_unlock(&guarded); /* UNLOCK */
}

static void *other(void *unused)
{
	if (is("foreign"))
		pthread_mutex_lock(&guarded); /* OTHER */
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	if (is("foreign"))
		pthread_mutex_unlock(&guarded);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	pid_t child;
	int status;

	if (argc != 2)
		errx(2, "usage: handlers WHAT");
	what = argv[1];
	initialise();
	pthread_atfork(before, in_parent, in_child);
	pthread_create(&thread, NULL, other, NULL); /* CREATE */
	pthread_barrier_wait(&taken);
	child = fork(); /* FORK */
	if (child == 0)
		_exit(0);
	status = reap(child);
	pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	return status;
}
