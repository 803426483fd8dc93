/*
 * unseen MODE: threads that nobody saw being made, through a function found by dlsym() and by
 * a clone() of the program's own. hang: the child waits for one of them; safe: it does not.
 */
#include "case.h"
#include <dlfcn.h>
#include <sched.h>
#include <sys/prctl.h>

#define STACK 65536

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t asked = PTHREAD_COND_INITIALIZER;
static pthread_cond_t answered = PTHREAD_COND_INITIALIZER;
static int questions;

static void *serve(void *unused)
{
	syscall(SYS_prctl, PR_SET_NAME, "server");
	pthread_mutex_lock(&mutex);
	for (;;) {
		while (questions == 0)
			pthread_cond_wait(&asked, &mutex);
		questions = 0;
		pthread_cond_signal(&answered); /* ANSWER */
	}
	return unused;
}

static int idle(void *unused)
{
	(void)unused;
	syscall(SYS_prctl, PR_SET_NAME, "bare");
	for (;;)
		syscall(PAUSE_CALL);
	return 0;
}

static int ask(void)
{
	pthread_mutex_lock(&mutex);
	questions = 1;
	pthread_cond_signal(&asked);
	while (questions != 0)
		pthread_cond_wait(&answered, &mutex); /* ASK */
	pthread_mutex_unlock(&mutex);
	return 0;
}

static void start_unseen(void)
{
	int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) =
		dlsym(dlopen("libc.so.6", RTLD_NOW), "pthread_create");
	char *stack = malloc(STACK);
	pthread_t thread;

	if (create == NULL || stack == NULL || create(&thread, NULL, serve, NULL) != 0 ||
	    clone(idle, stack + STACK,
		  CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
		  NULL) < 0)
		err(2, "threads");
	ask();
}

int main(int argc, char **argv)
{
	pid_t child;
	int status;

	(void)argc;
	start_unseen();
	child = fork(); /* FORK */
	if (child == 0)
		_exit(mode_is(argv, "hang") ? ask() : 0); /* CHILD */
	status = reap(child);
	fflush(stdout);
	_exit(status);
}
