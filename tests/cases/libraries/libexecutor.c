/*
 * A library with a thread that executes jobs, and a set of epoll in which are the eventfd that
 * tells of their end and a connection that the program gives. executor_give() gives a job away,
 * executor_receive() waits by the set for its end, or for whatever else comes.
 */
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

int executor_start(int connection);
int executor_give(void);
int executor_receive(void);

static pthread_mutex_t executor_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t executor_given = PTHREAD_COND_INITIALIZER;
static int executor_jobs, executor_event, executor_connection;
/* The program may wait by it, too. */
int executor_set;

static void *execute(void *unused)
{
	pthread_mutex_lock(&executor_mutex);
	for (;;) {
		while (!executor_jobs)
			pthread_cond_wait(&executor_given, &executor_mutex);
		executor_jobs--;
		eventfd_write(executor_event, 1); /* TELL */
	}
	return unused;
}

static void add(int descriptor)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};

	epoll_ctl(executor_set, EPOLL_CTL_ADD, descriptor, &event);
}

static void executor_prepare(void)
{
	pthread_mutex_lock(&executor_mutex);
}

static void executor_release(void)
{
	pthread_mutex_unlock(&executor_mutex);
}

int executor_start(int connection)
{
	pthread_t thread;

	pthread_atfork(executor_prepare, executor_release, executor_release);
	executor_connection = connection;
	executor_event = eventfd(0, EFD_CLOEXEC);
	executor_set = epoll_create1(EPOLL_CLOEXEC);
	add(executor_event);
	add(connection);
	return pthread_create(&thread, NULL, execute, NULL); /* CREATE */
}

int executor_give(void)
{
	pthread_mutex_lock(&executor_mutex);
	executor_jobs++;
	pthread_mutex_unlock(&executor_mutex);
	return pthread_cond_signal(&executor_given); /* GIVE */
}

int executor_receive(void)
{
	struct epoll_event event;
	char bytes[8];

	if (epoll_wait(executor_set, &event, 1, -1) != 1) /* RECEIVE */
		return -1;
	/* Who comes to a socket that listens is for the program to accept. */
	return event.data.fd < 0 || read(event.data.fd, bytes, sizeof(bytes)) > 0 ? 0 : -1;
}
