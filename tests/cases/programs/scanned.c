/*
 * scanned: children that stay where they are, each with its name, and then "ready". One hangs:
 * it waits for a mutex that a thread had at the fork.
 * scanned orphan: one that waits for ever, and whose parent ends.
 */
#include "case.h"
#include <linux/futex.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <time.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static sem_t *shared; /* by parent and children */
static int ends[2];   /* of a pipe that nobody writes to */

static void *hold(void *unused)
{
	pthread_setname_np(pthread_self(), "ho\nld\033[1m\"\\");
	pthread_mutex_lock(&mutex);
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	return NULL;
}

static void wait_for_mutex(void)
{
	pthread_mutex_lock(&mutex);
}

static void wait_with_limit(void)
{
	struct timespec limit;

	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += 3600;
	pthread_mutex_timedlock(&mutex, &limit);
}

static void wait_for_parent(void)
{
	sem_wait(shared);
}

static void wait_for_bytes(void)
{
	char byte;

	if (read(ends[0], &byte, 1) != 1)
		_exit(1);
}

static void wait_for_event(void)
{
	struct epoll_event event;

	epoll_wait(epoll_create1(0), &event, 1, -1);
}

static void *wait_in_thread(void *unused)
{
	wait_for_bytes();
	return NULL;
}

/* Its thread may have something to do. */
static void wait_for_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, wait_in_thread, NULL);
	pthread_join(thread, NULL);
}

/* The same executable, but nothing is missing in what was started anew. */
static void start_anew(void)
{
	execl("/proc/self/exe", "scanned", "alone", (char *)NULL);
}

static const struct {
	const char *name;
	void (*stay)(void);
} children[] = {
	{"hung", wait_for_mutex},  {"limit", wait_with_limit}, {"shared", wait_for_parent},
	{"bytes", wait_for_bytes}, {"event", wait_for_event},  {"thread", wait_for_thread},
	{"anew", start_anew},
};

static void start(const char *name, void (*stay)(void))
{
	pid_t child = fork();

	if (child < 0)
		err(2, "fork");
	if (child > 0) {
		printf("%s %d\n", name, child);
		return;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	stay();
	_exit(0);
}

/* Waits for nobody, and is ended with its parent. */
static void wait_alone(void)
{
	uint32_t word = 1;

	syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);
}

/* Nobody would end it: it ends itself. */
static void leave_orphan(void)
{
	pid_t child = fork();

	if (child > 0) {
		printf("orphan %d\n", child);
		exit(0);
	}
	alarm(4 * CASE_PATIENCE / 1000);
	close(STDOUT_FILENO);
	wait_alone();
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc == 2 && strcmp(argv[1], "alone") == 0)
		wait_alone();
	if (argc == 2 && strcmp(argv[1], "orphan") == 0)
		leave_orphan();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setvbuf(stdout, NULL, _IOLBF, 0);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED || sem_init(shared, 1, 0) != 0 || pipe(ends) != 0)
		err(2, "set-up");
	/* Nobody was there yet whom it could lack. */
	start("first", wait_alone);
	pthread_create(&thread, NULL, hold, NULL);
	pthread_barrier_wait(&taken);
	for (size_t i = 0; i < sizeof(children) / sizeof(*children); i++)
		start(children[i].name, children[i].stay);
	puts("ready");
	/* Whoever has started it ends it. */
	poll(NULL, 0, 4 * CASE_PATIENCE);
	return 0;
}
