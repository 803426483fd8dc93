/*
 * rung HOW: workers that wait for a semaphore of their own, which a signal handler posts. A
 * lost thread posted it before. After three seconds they are woken, and end.
 *
 *   signals  one worker for each of many signals, which the parent sends
 *   input    the kernel says by a signal that there is something to read
 *   message  it says so of a message queue, by a signal
 *   thread   it says so of a message queue to a thread of the C library
 *   child    a child of the worker's ends
 *   thrown   the handler goes out of the wait by a jump
 */
#include "case.h"
#include <fcntl.h>
#include <mqueue.h>
#include <semaphore.h>
#include <setjmp.h>
#include <sys/socket.h>

#define LATE_MS 3000

static const int signals[] = {SIGALRM, SIGABRT, SIGXCPU, SIGPROF, SIGVTALRM, SIGPIPE, SIGTRAP,
			      SIGUSR1, SIGUSR2, SIGHUP,  SIGURG,  SIGWINCH,  SIGCONT};

#define SIGNALS (sizeof(signals) / sizeof(*signals))

static sem_t bell;
static int ends[2];
static mqd_t queue;
static sigjmp_buf out;

static void ring(int number)
{
	sem_post(&bell);
}

static void throw(int number)
{
	siglongjmp(out, 1);
}

static void ring_by_value(union sigval value)
{
	sem_post(value.sival_ptr);
}

static void catch (int number, void (*handler)(int))
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};

	sigaction(number, &action, NULL);
}

static int wait_for_bell(void)
{
	if (sigsetjmp(out, 1))
		return 0;
	while (sem_wait(&bell) != 0) /* WAIT */
		;
	return 0;
}

static void start_child(void)
{
	pid_t child = fork();

	if (child == 0) {
		poll(NULL, 0, LATE_MS);
		_exit(0);
	}
}

static void ask_for_notice(int method)
{
	struct sigevent event = {.sigev_notify = method,
				 .sigev_signo = SIGUSR1,
				 .sigev_notify_function = ring_by_value,
				 .sigev_value.sival_ptr = &bell};

	if (mq_notify(queue, &event) != 0)
		err(2, "mq_notify");
}

static int work(const char *how)
{
	if (strcmp(how, "input") == 0) {
		catch (SIGIO, ring);
		fcntl(ends[0], F_SETOWN, getpid());
		fcntl(ends[0], F_SETFL, O_ASYNC);
	} else if (strcmp(how, "message") == 0) {
		catch (SIGUSR1, ring);
		ask_for_notice(SIGEV_SIGNAL);
	} else if (strcmp(how, "thread") == 0) {
		ask_for_notice(SIGEV_THREAD);
	} else if (strcmp(how, "child") == 0) {
		catch (SIGCHLD, ring);
		start_child();
	} else {
		catch (SIGUSR1, throw);
	}
	return wait_for_bell();
}

static void wake(const char *how, pid_t worker)
{
	if (strcmp(how, "input") == 0 && write(ends[1], "x", 1) != 1)
		err(2, "write");
	if (strcmp(how, "thrown") == 0)
		kill(worker, SIGUSR1);
	if (strcmp(how, "message") == 0 || strcmp(how, "thread") == 0)
		mq_send(queue, "x", 1, 0);
}

static int run_one(const char *how)
{
	pid_t worker = fork(); /* FORK */

	if (worker == 0)
		_exit(work(how));
	poll(NULL, 0, LATE_MS);
	wake(how, worker);
	return reap(worker);
}

static int run_signals(void)
{
	pid_t workers[SIGNALS];
	int failed = 0;

	for (size_t i = 0; i < SIGNALS; i++) {
		workers[i] = fork();
		if (workers[i] == 0) {
			catch (signals[i], ring);
			_exit(wait_for_bell());
		}
	}
	poll(NULL, 0, LATE_MS);
	for (size_t i = 0; i < SIGNALS; i++) {
		kill(workers[i], signals[i]);
		failed |= reap(workers[i]);
	}
	return failed;
}

static void *post_once(void *unused)
{
	sem_post(&bell);
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	return NULL;
}

int main(int argc, char **argv)
{
	struct mq_attr one = {.mq_maxmsg = 1, .mq_msgsize = 1};
	pthread_t thread;
	char name[32];
	int status;

	if (argc < 2 || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		errx(2, "usage: rung HOW");
	snprintf(name, sizeof(name), "/rung.%d", getpid());
	queue = mq_open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600, &one);
	mq_unlink(name);
	sem_init(&bell, 0, 0);
	pthread_create(&thread, NULL, post_once, NULL);
	pthread_barrier_wait(&taken);
	sem_wait(&bell);
	status = mode_is(argv, "signals") ? run_signals() : run_one(argv[1]);
	pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	return status;
}
