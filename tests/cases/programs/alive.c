/*
 * alive MODE: a child whose main thread waits for a thread that the child
 * started itself and that takes three seconds, whatever that one does. In modes
 * stopped, traced and frozen the child is also held at arbitrary moments. Where
 * no cgroups of the version can be mounted, the frozen ones do nothing.
 */
#include "case.h"
#include <fcntl.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <time.h>

#define DURATION_MS 3000

static int ends[2];
static atomic_int *is_enough; /* shared: the parent has done what it does to its child */
static sem_t done;
static sem_t there, back;

static long milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- what the child's thread does ------------------------------------------ */

static void compute(void)
{
	long end = milliseconds() + DURATION_MS;

	while (milliseconds() < end)
		;
}

static void sleep_once(void)
{
	struct timespec duration = {.tv_sec = DURATION_MS / 1000};

	nanosleep(&duration, NULL);
}

static void wait_in_epoll(void)
{
	struct epoll_event wanted = {.events = EPOLLIN};
	int set = epoll_create1(EPOLL_CLOEXEC);

	epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &wanted);
	epoll_wait(set, &wanted, 1, -1);
}

static void wait_for_signal(void)
{
	sigset_t wanted;
	int number;

	sigemptyset(&wanted);
	sigaddset(&wanted, SIGTERM);
	sigwait(&wanted, &number);
}

static void *answer(void *unused)
{
	for (;;) {
		sem_wait(&there);
		sem_post(&back);
	}
	return NULL;
}

/* Work goes to and fro between two threads; one of the three always waits. */
static void hand_over(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, answer, NULL);
	while (!atomic_load(is_enough)) {
		sem_post(&there);
		sem_wait(&back);
	}
}

static void hand_over_slowly(void)
{
	long end = milliseconds() + DURATION_MS;
	pthread_t thread;

	pthread_create(&thread, NULL, answer, NULL);
	while (milliseconds() < end) {
		poll(NULL, 0, 400);
		sem_post(&there);
		sem_wait(&back);
	}
}

static const struct {
	const char *mode;
	void (*work)(void);
} kinds[] = {
	{"compute", compute},     {"nanosleep", sleep_once},
	{"epoll", wait_in_epoll}, {"sigwait", wait_for_signal},
	{"hand-over", hand_over}, {"hand-over-slowly", hand_over_slowly},
	{"stopped", hand_over},   {"stopped-again", hand_over},
	{"traced", hand_over},    {"frozen", hand_over},
	{"frozen-1", hand_over},
};

static void *work(void *mode)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].mode, mode) == 0)
			kinds[i].work();
	sem_post(&done);
	return NULL;
}

static int wait_for_thread(char *mode)
{
	pthread_t thread;

	pthread_create(&thread, NULL, work, mode);
	while (sem_wait(&done) != 0)
		;
	return 0;
}

/* --- what the parent does -------------------------------------------------- */

static void stop(pid_t child, int duration)
{
	kill(child, SIGSTOP);
	poll(NULL, 0, duration);
	kill(child, SIGCONT);
}

static void stop_again(pid_t child)
{
	for (int i = 0; i < 10; i++) {
		stop(child, 200);
		poll(NULL, 0, 7 * i);
	}
}

/* Only the main thread is traced; it is held in ptrace stop. */
static void trace(pid_t child)
{
	if (ptrace(PTRACE_SEIZE, child, NULL, NULL) != 0)
		err(2, "ptrace");
	for (int i = 0; i < 3; i++) {
		ptrace(PTRACE_INTERRUPT, child, NULL, NULL);
		waitpid(child, NULL, __WALL);
		poll(NULL, 0, 1000);
		ptrace(PTRACE_CONT, child, NULL, NULL);
		poll(NULL, 0, 50);
	}
	ptrace(PTRACE_INTERRUPT, child, NULL, NULL);
	waitpid(child, NULL, __WALL);
	ptrace(PTRACE_DETACH, child, NULL, NULL);
}

static int version_of(char **argv)
{
	return mode_is(argv, "frozen-1") ? 1 : 2;
}

static int is_frozen(char **argv)
{
	return strncmp(argv[1], "frozen", strlen("frozen")) == 0;
}

static int put(const char *file, const char *text)
{
	char path[128];
	int descriptor, failed;

	snprintf(path, sizeof(path), "cgroups/alive.%d/%s", getpid(), file);
	descriptor = open(path, O_WRONLY | O_CLOEXEC);
	failed = descriptor < 0 || write(descriptor, text, strlen(text)) < 0;
	close(descriptor);
	return !failed;
}

/* The freezer of version 1 or 2, in a mount namespace of its own. */
static int make_freezer(int version)
{
	char path[64];

	snprintf(path, sizeof(path), "cgroups/alive.%d", getpid());
	return mkdir("cgroups", 0700) == 0 && unshare(CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       (version == 1 ? mount("none", "cgroups", "cgroup", 0, "freezer")
			     : mount("none", "cgroups", "cgroup2", 0, NULL)) == 0 &&
	       mkdir(path, 0700) == 0;
}

static void remove_freezer(void)
{
	char path[64];

	snprintf(path, sizeof(path), "cgroups/alive.%d", getpid());
	rmdir(path);
	umount("cgroups");
}

static void freeze(pid_t child, int version)
{
	const char *file = version == 1 ? "freezer.state" : "cgroup.freeze";
	char number[16];

	snprintf(number, sizeof(number), "%d", child);
	if (!put("cgroup.procs", number))
		err(2, "cgroup.procs");
	for (int i = 0; i < 3; i++) {
		put(file, version == 1 ? "FROZEN" : "1");
		poll(NULL, 0, 1200);
		put(file, version == 1 ? "THAWED" : "0");
		poll(NULL, 0, 70 * i);
	}
}

static void attend(pid_t child, char **argv)
{
	poll(NULL, 0, 300);
	if (mode_is(argv, "stopped"))
		stop(child, DURATION_MS);
	else if (mode_is(argv, "stopped-again"))
		stop_again(child);
	else if (mode_is(argv, "traced"))
		trace(child);
	else if (is_frozen(argv))
		freeze(child, version_of(argv));
	else
		poll(NULL, 0, DURATION_MS);
	atomic_store(is_enough, 1);
	if (mode_is(argv, "epoll") && write(ends[1], "x", 1) != 1)
		err(2, "write");
	if (mode_is(argv, "sigwait"))
		kill(child, SIGTERM);
}

/* What the child waits for a thread did in its parent: that ties the waits to it. */
static void *idle(void *unused)
{
	sem_post(&there);
	sem_post(&back);
	sem_post(&done);
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	return NULL;
}

static void block_sigterm(void)
{
	sigset_t blocked;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &blocked, NULL);
}

int main(int argc, char **argv)
{
	pthread_t thread;
	pid_t child;
	int status;

	if (argc != 2 || pipe(ends) != 0)
		errx(2, "usage: alive MODE");
	is_enough = mmap(NULL, sizeof(*is_enough), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (is_enough == MAP_FAILED)
		err(2, "mmap");
	if (is_frozen(argv) && !make_freezer(version_of(argv)))
		return 0;
	if (mode_is(argv, "sigwait"))
		block_sigterm();
	sem_init(&done, 0, 0);
	sem_init(&there, 0, 0);
	sem_init(&back, 0, 0);
	pthread_create(&thread, NULL, idle, NULL);
	pthread_barrier_wait(&taken);
	sem_wait(&there);
	sem_wait(&back);
	sem_wait(&done);
	child = fork();
	if (child == 0)
		_exit(wait_for_thread(argv[1]));
	attend(child, argv);
	status = reap(child);
	if (is_frozen(argv))
		remove_freezer();
	pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	return status;
}
