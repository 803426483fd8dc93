/*
 * works CALL: a thread of a worker waits for a lock whose holder was lost, and the worker's
 * main thread does its work all the same, in a call that takes three seconds. The worker
 * ends with status 7, or with 1 where the call did not return what it should have.
 */
#include "case.h"
#include <fcntl.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <time.h>

#define SECONDS 3

static pthread_mutex_t log_mutex = PTHREAD_MUTEX_INITIALIZER;
static sem_t *jobs; /* shared */
static int ends[2];

/* --- the calls; each is true where it ended as it should -------------------------------- */

static int serve_jobs(void)
{
	for (int i = 0; i < 3; i++)
		if (sem_wait(jobs) != 0)
			return 0;
	return 1;
}

static int receive(void)
{
	struct timeval limit = {SECONDS, 0};
	char byte;

	setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return recv(ends[0], &byte, 1, 0) == -1 && errno == EAGAIN;
}

static int wait_for_events(void)
{
	struct epoll_event wanted = {.events = EPOLLIN};
	int set = epoll_create1(EPOLL_CLOEXEC);

	epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &wanted);
	return epoll_wait(set, &wanted, 1, SECONDS * 1000) == 0;
}

static int wait_for_any(void)
{
	struct timeval limit = {SECONDS, 0};
	fd_set wanted;

	FD_ZERO(&wanted);
	FD_SET(ends[0], &wanted);
	return select(ends[0] + 1, &wanted, NULL, NULL, &limit) == 0;
}

static int wait_for_signal(void)
{
	const struct timespec limit = {SECONDS, 0};
	sigset_t wanted;

	sigemptyset(&wanted);
	sigaddset(&wanted, SIGUSR1);
	sigprocmask(SIG_BLOCK, &wanted, NULL);
	return sigtimedwait(&wanted, NULL, &limit) == -1 && errno == EAGAIN;
}

static int wait_for_units(void)
{
	const struct timespec limit = {SECONDS, 0};
	struct sembuf take = {.sem_op = -1};
	int id = semget(IPC_PRIVATE, 1, 0600);
	int result = semtimedop(id, &take, 1, &limit), error = errno;

	semctl(id, 0, IPC_RMID);
	return result == -1 && error == EAGAIN;
}

static void *send_late(void *id)
{
	struct {
		long type;
		char text[8];
	} message = {.type = 1};

	poll(NULL, 0, SECONDS * 1000);
	msgsnd(*(int *)id, &message, sizeof(message.text), 0);
	return NULL;
}

static int wait_for_message(void)
{
	struct {
		long type;
		char text[8];
	} message;
	int id = msgget(IPC_PRIVATE, 0600);
	pthread_t thread;
	ssize_t length;

	pthread_create(&thread, NULL, send_late, &id);
	length = msgrcv(id, &message, sizeof(message.text), 0, 0);
	pthread_join(thread, NULL);
	msgctl(id, IPC_RMID, NULL);
	return length == sizeof(message.text);
}

static void *make_file_late(void *unused)
{
	poll(NULL, 0, SECONDS * 1000);
	close(open("file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	return NULL;
}

static int wait_for_file(void)
{
	char text[512];
	int set = inotify_init1(IN_CLOEXEC);
	pthread_t thread;

	inotify_add_watch(set, ".", IN_CREATE);
	pthread_create(&thread, NULL, make_file_late, NULL);
	return read(set, text, sizeof(text)) > 0;
}

static int sleep_once(void)
{
	const struct timespec duration = {SECONDS, 0};

	return nanosleep(&duration, NULL) == 0;
}

static const struct {
	const char *name;
	int (*make)(void);
} calls[] = {
	{"sem_wait", serve_jobs},          {"recv", receive},
	{"epoll_wait", wait_for_events},   {"select", wait_for_any},
	{"sigtimedwait", wait_for_signal}, {"semtimedop", wait_for_units},
	{"msgrcv", wait_for_message},      {"inotify", wait_for_file},
	{"nanosleep", sleep_once},
};

/* ---------------------------------------------------------------------------------------- */

static void *log_line(void *unused)
{
	pthread_mutex_lock(&log_mutex); /* LOG */
	pthread_mutex_unlock(&log_mutex);
	return NULL;
}

static int work(const char *call)
{
	pthread_t thread;

	pthread_create(&thread, NULL, log_line, NULL);
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (strcmp(calls[i].name, call) == 0)
			return calls[i].make() ? 7 : 1;
	return 2;
}

static void *holder(void *unused)
{
	pthread_mutex_lock(&log_mutex); /* HOLD */
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	pthread_mutex_unlock(&log_mutex);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	pid_t worker;
	int status;

	if (argc < 2 || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		errx(2, "usage: works CALL");
	jobs = mmap(NULL, sizeof(*jobs), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	sem_init(jobs, 1, 0);
	pthread_create(&thread, NULL, holder, NULL);
	pthread_barrier_wait(&taken);
	worker = fork(); /* FORK */
	if (worker == 0)
		_exit(work(argv[1])); /* CHILD */
	for (int i = 0; i < SECONDS; i++) {
		poll(NULL, 0, 1000);
		sem_post(jobs);
	}
	status = reap(worker);
	pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	return status;
}
