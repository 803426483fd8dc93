/*
 * beside WAIT NEIGHBOUR: a child of a server, which catches SIGTERM, waits for what only
 * a lost thread gave, beside a thread of its own. "none": it has no other. Each wait is one that
 * no signal handler may end, but for sem_wait(). After four seconds the parent ends it.
 * "first": the neighbour works for two seconds, and is gone then. "served": the child has made
 * its objects anew, and its thread does what the lost one did, after three seconds.
 */
#include "case.h"
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#define PATIENCE_MS 4000
#define LATE_MS     3000

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t beside = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t meeting;
static sem_t answer;
static pthread_t server;
static int has_changed, ends[2];
static volatile sig_atomic_t is_ending;

static void on_term(int number)
{
	is_ending = 1;
}

/* --- what is waited for ------------------------------------------------------------------ */

static void wait_for_mutex(void)
{
	pthread_mutex_lock(&mutex); /* MUTEX */
}

static void wait_for_table(void)
{
	pthread_rwlock_rdlock(&table); /* TABLE */
}

static void wait_for_change(void)
{
	pthread_mutex_lock(&beside);
	while (!has_changed)
		pthread_cond_wait(&changed, &beside); /* CHANGE */
	pthread_mutex_unlock(&beside);
}

static void wait_at_meeting(void)
{
	pthread_barrier_wait(&meeting); /* MEETING */
}

static void wait_for_answer(void)
{
	while (sem_wait(&answer) != 0) /* ANSWER */
		;
}

static void wait_for_end(void)
{
	pthread_join(server, NULL); /* END */
}

static const struct wait {
	const char *name;
	void (*wait)(void);
} waits[] = {
	{"mutex", wait_for_mutex},      {"rwlock", wait_for_table},
	{"condition", wait_for_change}, {"barrier", wait_at_meeting},
	{"semaphore", wait_for_answer}, {"join", wait_for_end},
};

static void change(void)
{
	pthread_mutex_lock(&beside);
	has_changed = 1;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&beside);
}

/* The server's thread has done all of it once, and has the lock. */
static void *serve(void *wait)
{
	change();
	pthread_barrier_wait(&meeting);
	sem_post(&answer);
	if (strcmp(wait, "mutex") == 0)
		pthread_mutex_lock(&mutex); /* HOLD */
	if (strcmp(wait, "rwlock") == 0)
		pthread_rwlock_wrlock(&table); /* WRITE */
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	return NULL;
}

/* --- who is beside it -------------------------------------------------------------------- */

static void idle_in_poll(void)
{
	poll(NULL, 0, -1);
}

static void idle_in_epoll(void)
{
	struct epoll_event wanted = {.events = EPOLLIN};
	int set = epoll_create1(EPOLL_CLOEXEC);

	epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &wanted);
	while (epoll_wait(set, &wanted, 1, -1) < 0)
		;
}

static void idle_in_read(void)
{
	char byte;

	while (read(ends[0], &byte, 1) != 1)
		;
}

static void idle_in_sleep(void)
{
	const struct timespec step = {0, 100000000};

	for (;;)
		nanosleep(&step, NULL);
}

static void idle_in_accept(void)
{
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);

	if (bind(listener, &(struct sockaddr){.sa_family = AF_UNIX}, sizeof(sa_family_t)) != 0 ||
	    listen(listener, 1) != 0)
		err(2, "listen");
	accept(listener, NULL, NULL);
}

static void work_first(void)
{
	poll(NULL, 0, 2000);
}

static const struct wait neighbours[] = {
	{"poll", idle_in_poll},   {"epoll", idle_in_epoll},   {"read", idle_in_read},
	{"sleep", idle_in_sleep}, {"accept", idle_in_accept}, {"first", work_first},
};

static void call(const struct wait *list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i].name, name) == 0)
			list[i].wait(); /* CALLED */
}

#define CALL(list, name) call(list, sizeof(list) / sizeof(*(list)), name)

static void *wait_in_thread(void *name)
{
	CALL(waits, name); /* THREAD */
	return NULL;
}

static void *be_neighbour(void *name)
{
	CALL(neighbours, name);
	return NULL;
}

static void *serve_late(void *wait)
{
	poll(NULL, 0, LATE_MS);
	change();
	sem_post(&answer);
	if (strcmp(wait, "barrier") == 0)
		pthread_barrier_wait(&meeting);
	return NULL;
}

static void make_anew(char *wait)
{
	pthread_cond_init(&changed, NULL);
	pthread_barrier_init(&meeting, NULL, 2);
	sem_init(&answer, 0, 0);
	pthread_create(&server, NULL, serve_late, wait);
}

/* The stuck one is a thread, and the first one its neighbour; or the other way round. */
static int work(char **argv)
{
	const char *neighbour = argv[2];
	pthread_t thread;

	if (strcmp(neighbour, "served") == 0)
		make_anew(argv[1]);
	if (strcmp(neighbour, "join") == 0) {
		pthread_create(&thread, NULL, wait_in_thread, argv[1]);
		pthread_join(thread, NULL);
	} else if (strcmp(neighbour, "first") == 0) {
		pthread_create(&thread, NULL, be_neighbour, (void *)neighbour);
		CALL(waits, argv[1]); /* FIRST */
	} else if (strcmp(neighbour, "none") == 0 || strcmp(neighbour, "served") == 0) {
		CALL(waits, argv[1]); /* NONE */
	} else {
		pthread_create(&thread, NULL, wait_in_thread, argv[1]);
		CALL(neighbours, neighbour);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = on_term, .sa_flags = SA_RESTART};
	pid_t child;
	int status;

	if (argc < 3 || pipe(ends) != 0)
		errx(2, "usage: beside WAIT NEIGHBOUR");
	sigaction(SIGTERM, &action, NULL);
	pthread_barrier_init(&meeting, NULL, 2);
	sem_init(&answer, 0, 0);
	pthread_create(&server, NULL, serve, argv[1]); /* CREATE */
	wait_for_change();
	wait_at_meeting();
	wait_for_answer();
	pthread_barrier_wait(&taken);
	has_changed = 0;
	child = fork(); /* FORK */
	if (child == 0)
		_exit(work(argv)); /* CHILD */
	status = reap_within(child, PATIENCE_MS);
	pthread_barrier_wait(&finished);
	pthread_join(server, NULL);
	return status;
}
