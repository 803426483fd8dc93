/*
 * chain MODE [remade]: a process that forks is a fork child itself. Which fork of the line
 * lost the thread that the last child waits for, and who created it?
 */
#include "../libraries/libpool.c"
#include "case.h"

static pthread_mutex_t chain_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t other_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t asked = PTHREAD_COND_INITIALIZER;
static pthread_cond_t answered = PTHREAD_COND_INITIALIZER;
static int questions;
static pthread_t idler_thread;

static void *hold(void *unused)
{
	pthread_mutex_lock(&chain_mutex); /* ACQUIRE */
	pthread_barrier_wait(&taken);
	for (;;)
		pause();
	return NULL;
}

static void *answer(void *unused)
{
	pthread_mutex_lock(&other_mutex);
	for (;;) {
		while (questions == 0)
			pthread_cond_wait(&asked, &other_mutex);
		questions = 0;
		pthread_cond_signal(&answered); /* ANSWER */
	}
	return NULL;
}

static int ask(void)
{
	pthread_mutex_lock(&other_mutex);
	questions = 1;
	pthread_cond_signal(&asked);
	while (questions != 0)
		pthread_cond_wait(&answered, &other_mutex); /* ASK */
	pthread_mutex_unlock(&other_mutex);
	return 0;
}

static void start_answerer(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, answer, NULL); /* OTHER_CREATE */
	pthread_setname_np(thread, "answerer");
	ask();
}

static void *idle(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void start_idler(void)
{
	pthread_create(&idler_thread, NULL, idle, NULL); /* IDLER_CREATE */
	pthread_setname_np(idler_thread, "idler");
}

static void start_holder(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, hold, NULL); /* HOLDER_CREATE */
	pthread_barrier_wait(&taken);
}

static int take(void)
{
	pthread_mutex_lock(&chain_mutex); /* TAKE */
	pthread_mutex_unlock(&chain_mutex);
	return 0;
}

static int use_pool(void)
{
	return pool_run(21) == 42 ? 0 : 1; /* USE */
}

static int join(void)
{
	return pthread_join(idler_thread, NULL); /* JOIN */
}

static int work(char **argv)
{
	if (argv[2] != NULL)
		pthread_mutex_init(&chain_mutex, NULL);
	if (mode_is(argv, "mutex") || mode_is(argv, "own") || mode_is(argv, "maker"))
		return take(); /* TAKES */
	if (mode_is(argv, "join"))
		return join();
	if (mode_is(argv, "near") || mode_is(argv, "sites") || mode_is(argv, "two") ||
	    mode_is(argv, "answered"))
		return ask();
	return use_pool(); /* WORK */
}

static int make_worker(char **argv)
{
	pid_t worker = fork(); /* LAST */

	if (worker == 0)
		_exit(work(argv)); /* WORKER */
	return reap_within(worker, CASE_PATIENCE / 4);
}

static void *make_holder(void *unused)
{
	start_holder(); /* MAKE */
	pthread_barrier_wait(&finished);
	return idle(unused);
}

/* Threads that a fork child creates, the forking thread of its parent or another. */
static int own_holder(char **argv)
{
	pthread_t thread;

	if (mode_is(argv, "own")) {
		start_holder(); /* OWN */
	} else {
		pthread_create(&thread, NULL, make_holder, NULL);
		pthread_setname_np(thread, "maker");
		pthread_barrier_wait(&finished);
	}
	return make_worker(argv);
}

/* A thread of the daemon's own, which the last fork loses. */
static int serve(char **argv)
{
	if (mode_is(argv, "restarted"))
		pool_restart(1);
	if (mode_is(argv, "answered")) {
		pthread_mutex_init(&other_mutex, NULL);
		pthread_cond_init(&asked, NULL);
		pthread_cond_init(&answered, NULL);
		start_answerer();
		return ask();
	}
	if (mode_is(argv, "own") || mode_is(argv, "maker"))
		return own_holder(argv);
	if (mode_is(argv, "near") || mode_is(argv, "far"))
		start_answerer();
	if (mode_is(argv, "restarted"))
		return use_pool();
	return make_worker(argv);
}

static int session_leader(char **argv)
{
	pid_t daemon;

	setsid();
	daemon = fork(); /* SECOND */
	if (daemon == 0)
		_exit(serve(argv));
	return reap_within(daemon, CASE_PATIENCE / 2);
}

static int leave(char **argv)
{
	pid_t leader = fork(); /* LOSE */

	if (leader == 0)
		_exit(mode_is(argv, "two") ? make_worker(argv) : session_leader(argv));
	return reap(leader);
}

/* The threads before an exec are no matter. */
static int execute(char **argv)
{
	pid_t child = fork();

	if (child == 0) {
		execl("/proc/self/exe", argv[0], "far", (char *)NULL);
		_exit(127);
	}
	return reap(child);
}

int main(int argc, char **argv)
{
	(void)argc;
	pool_start(1); /* START */
	if (mode_is(argv, "exec"))
		return execute(argv);
	start_idler(); /* IDLER_START */
	if (mode_is(argv, "mutex"))
		start_holder();
	if (mode_is(argv, "sites") || mode_is(argv, "two"))
		start_answerer(); /* OTHER_START */
	return leave(argv);
}
