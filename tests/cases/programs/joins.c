/*
 * joins WHAT: what a child does with the pthread_t of a thread that it does not have. "join",
 * "try", "timed", "clock", "c11", "cancel", "detach", "kill"; "ask" if it is there; "below":
 * a child of the child joins it; "raw": in the child of _Fork() the join waits for ever.
 * "early": one that had not begun to run. "own", "reused": the child joins threads of its own,
 * which get the memory of the lost ones. "ended": the thread had ended before the fork. "returned":
 * it had only some destructors of its variables left to run.
 */
#include "case.h"
#include <threads.h>
#include <time.h>

#define THREADS 4
#define TRIES   64

static pthread_t services[THREADS];

static void *serve(void *unused)
{
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	return unused;
}

static void *nothing(void *unused)
{
	return unused;
}

static void handle(pthread_t service, const char *what)
{
	struct timespec until = {.tv_sec = 1};

	if (strcmp(what, "try") == 0)
		pthread_tryjoin_np(service, NULL); /* TRY */
	else if (strcmp(what, "timed") == 0)
		pthread_timedjoin_np(service, NULL, &until); /* TIMED */
	else if (strcmp(what, "clock") == 0)
		pthread_clockjoin_np(service, NULL, CLOCK_MONOTONIC, &until); /* CLOCK */
	else if (strcmp(what, "c11") == 0)
		thrd_join(service, NULL); /* C11 */
	else if (strcmp(what, "cancel") == 0)
		pthread_cancel(service); /* CANCEL */
	else if (strcmp(what, "detach") == 0)
		pthread_detach(service); /* DETACH */
	else if (strcmp(what, "kill") == 0)
		pthread_kill(service, SIGURG); /* KILL */
	else if (strcmp(what, "ask") == 0)
		pthread_kill(service, 0);
	else
		pthread_join(service, NULL); /* JOIN */
}

static void join_own(void)
{
	pthread_t own[2 * THREADS];

	for (int i = 0; i < 2 * THREADS; i++)
		pthread_create(&own[i], NULL, nothing, NULL);
	for (int i = 0; i < 2 * THREADS; i++)
		pthread_join(own[i], NULL);
}

/* One after the other, until one has the handle of a lost thread; joined when it has ended. */
static void join_reused(void)
{
	for (int i = 0; i < TRIES; i++) {
		pthread_t own;

		pthread_create(&own, NULL, nothing, NULL);
		usleep(1000);
		pthread_join(own, NULL);
		for (int k = 0; k < THREADS; k++)
			if (pthread_equal(own, services[k]))
				return;
	}
	_exit(3);
}

static void work(const char *what)
{
	if (strcmp(what, "own") == 0) {
		join_own();
	} else if (strcmp(what, "reused") == 0) {
		join_reused();
	} else if (strcmp(what, "below") == 0) {
		pid_t child = fork();

		if (child == 0)
			handle(services[0], "join"); /* BELOW */
		else
			waitpid(child, NULL, 0);
	} else {
		handle(services[0], what); /* HANDLE */
	}
	_exit(0);
}

static void *doze(void *unused)
{
	usleep(300000);
	return unused;
}

static pthread_key_t key;

static void destroy(void *unused)
{
	(void)unused;
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
}

static void *set_and_return(void *value)
{
	pthread_setspecific(key, value);
	return NULL;
}

static void fork_beside_destructor(void)
{
	pthread_t returned;
	pid_t child;

	pthread_key_create(&key, destroy);
	pthread_create(&returned, NULL, set_and_return, &key);
	pthread_barrier_wait(&taken);
	child = fork();
	if (child == 0) {
		pthread_join(returned, NULL);
		_exit(0);
	}
	reap(child);
	pthread_barrier_wait(&finished);
	pthread_join(returned, NULL);
}

/* Many are made, so that the last ones have not begun to run. */
static void fork_early(void)
{
	pthread_t early[TRIES];
	pid_t child;

	for (int i = 0; i < TRIES; i++)
		pthread_create(&early[i], NULL, doze, NULL);
	child = fork();
	if (child == 0) {
		pthread_join(early[TRIES - 1], NULL); /* EARLY */
		_exit(0);
	}
	reap(child);
	for (int i = 0; i < TRIES; i++)
		pthread_join(early[i], NULL);
}

static void start(const char *what)
{
	pthread_barrier_init(&taken, NULL, THREADS + 1);
	pthread_barrier_init(&finished, NULL, THREADS + 1);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&services[i], NULL, serve, NULL); /* CREATE */
	pthread_barrier_wait(&taken);
	if (strcmp(what, "ended") == 0) {
		pthread_barrier_wait(&finished);
		usleep(100000);
	}
}

int main(int count, char **arguments)
{
	const char *what = count == 2 ? arguments[1] : "";
	int status;
	pid_t child;

	if (strcmp(what, "early") == 0) {
		fork_early();
		return 0;
	}
	if (strcmp(what, "returned") == 0) {
		fork_beside_destructor();
		return 0;
	}
	start(what);
	if (strcmp(what, "raw") == 0)
		child = _Fork(); /* RAW */
	else
		child = fork(); /* FORK */
	if (child == 0)
		work(what); /* CHILD */
	status = reap(child);
	if (strcmp(what, "ended") != 0)
		pthread_barrier_wait(&finished);
	for (int i = 0; i < THREADS; i++)
		pthread_join(services[i], NULL);
	return status;
}
