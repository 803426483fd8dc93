/*
 * server MODE [SECONDS]: a server with a pool of threads forks a worker that asks
 * the pool. It ends after half a minute, or the SECONDS, and not before, whatever
 * becomes of the worker.
 *
 *   stay     catches SIGTERM as servers do, and does not end
 *   daemon   the same, as a daemon: the first process ends at once
 *   again    makes the worker again whenever it ends
 *   busy     goes on working when the worker has ended
 *   idle     does not
 */
#include "case.h"
#include <time.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t queued = PTHREAD_COND_INITIALIZER, done = PTHREAD_COND_INITIALIZER;
static volatile sig_atomic_t is_ending;
static int jobs;

static void on_term(int signal)
{
	is_ending = 1;
}

static void *serve(void *unused)
{
	pthread_mutex_lock(&lock);
	for (;;) {
		while (!jobs)
			pthread_cond_wait(&queued, &lock);
		jobs--;
		pthread_cond_broadcast(&done);
	}
	return NULL;
}

static void ask(void)
{
	pthread_mutex_lock(&lock);
	jobs++;
	pthread_cond_signal(&queued);
	while (jobs)
		pthread_cond_wait(&done, &lock); /* ASK */
	pthread_mutex_unlock(&lock);
}

static pid_t make_worker(void)
{
	pid_t worker = fork(); /* FORK */

	if (worker == 0) {
		ask();
		_exit(0);
	}
	return worker;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Reads nothing and computes nothing, or a little of both all the time. */
static void wait_till(double end, int is_busy)
{
	int ends[2];
	char byte = 0;

	if (pipe(ends))
		err(2, "pipe");
	while (now() < end) {
		poll(NULL, 0, is_busy ? 20 : 100);
		if (is_busy && (write(ends[1], &byte, 1) != 1 || read(ends[0], &byte, 1) != 1))
			err(2, "pipe");
	}
	close(ends[0]);
	close(ends[1]);
}

static int run(const char *mode, int seconds)
{
	double end = now() + seconds;
	pid_t worker = make_worker();

	while (now() < end) {
		poll(NULL, 0, 50);
		if (waitpid(worker, NULL, WNOHANG) != worker)
			continue;
		if (strcmp(mode, "again") != 0)
			break;
		worker = make_worker();
	}
	wait_till(end, strcmp(mode, "busy") == 0);
	kill(worker, SIGKILL);
	return 7;
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = on_term, .sa_flags = SA_RESTART};
	pthread_t thread;

	if (argc < 2)
		errx(2, "a mode, please");
	if (strcmp(argv[1], "stay") == 0 || strcmp(argv[1], "daemon") == 0)
		sigaction(SIGTERM, &action, NULL);
	pthread_create(&thread, NULL, serve, NULL); /* CREATE */
	ask();
	if (strcmp(argv[1], "daemon") == 0 && fork() != 0)
		return 0;
	return run(argv[1], argc > 2 ? atoi(argv[2]) : 30);
}
