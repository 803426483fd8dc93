/*
 * eintr plain|child|hung [CLOCKS]: threads that each wait in another call, and clocks, tell what
 * they noticed while somebody looked at them.
 *
 * Each wait lasts for longer than anybody looks, so that a call that returns was disturbed; how
 * often, and with which errors, is counted by kind. Each clock sleeps for a millisecond, again
 * and again, and counts by how much it was late. When standard input ends, one line of JSON for
 * each process says so.
 *
 * plain: in the program itself. child: in a child, too, that lacks a thread of its parent. hung:
 * the same, and the first thread of that child waits for a lock that the lost thread holds.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LONG_ENOUGH 600 /* seconds */
#define STEP_NS     1000000
#define LATE_NS     5000000 /* what an ordinary machine is late by, too, is not counted */
#define MOST_CLOCKS 64

static const struct timespec limit = {LONG_ENOUGH, 0};
static int semaphores, messages; /* System V */

/* A time that lies that far ahead. */
static struct timespec far_ahead(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	time.tv_sec += LONG_ENOUGH;
	return time;
}

/* --- one function for each kind of wait; what it needs, it makes once for its thread --- */

static int empty_pipe(int end)
{
	int ends[2];

	if (pipe(ends) != 0)
		err(2, "pipe");
	return ends[end];
}

static int socket_with(int option)
{
	struct timeval time = {LONG_ENOUGH, 0};
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		err(2, "socketpair");
	if (option != 0 && setsockopt(pair[0], SOL_SOCKET, option, &time, sizeof(time)) != 0)
		err(2, "setsockopt");
	return pair[0];
}

static int listener_with(int option)
{
	struct timeval time = {LONG_ENOUGH, 0};
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);

	if (bind(listener, (struct sockaddr *)&name, sizeof(sa_family_t)) != 0 ||
	    listen(listener, 1) != 0)
		err(2, "listen");
	if (option != 0 && setsockopt(listener, SOL_SOCKET, option, &time, sizeof(time)) != 0)
		err(2, "setsockopt");
	return listener;
}

/* One that somebody else has locked. */
static int locked_file(int with_flock)
{
	struct flock whole = {.l_type = F_WRLCK};
	FILE *file = tmpfile();
	char path[64];
	int again;

	if (file == NULL)
		err(2, "tmpfile");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(file));
	again = open(path, O_RDWR | O_CLOEXEC);
	if (again < 0)
		err(2, "%s", path);
	if (with_flock ? flock(fileno(file), LOCK_EX) : fcntl(fileno(file), F_OFD_SETLK, &whole))
		err(2, "lock");
	return again;
}

static mqd_t message_queue(void)
{
	struct mq_attr attributes = {.mq_maxmsg = 1, .mq_msgsize = 8};
	char name[64];
	mqd_t queue;

	snprintf(name, sizeof(name), "/forkcheck-eintr-%d-%ld", getpid(), syscall(SYS_gettid));
	queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attributes);
	mq_unlink(name);
	return queue;
}

/* A child that does nothing until its parent ends. */
static pid_t idle_child(void)
{
	pid_t parent = getpid(), child = fork();

	if (child != 0)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == parent)
		pause();
	_exit(0);
}

static int make_epoll(void)
{
	return epoll_create1(EPOLL_CLOEXEC);
}

static int make_pipe(void)
{
	return empty_pipe(0);
}

static int make_full_pipe(void)
{
	int end = empty_pipe(1);

	fcntl(end, F_SETFL, O_NONBLOCK);
	while (write(end, "full", 4) > 0)
		;
	fcntl(end, F_SETFL, 0);
	return end;
}

static int make_socket(void)
{
	return socket_with(0);
}

static int make_limited_socket(void)
{
	return socket_with(SO_RCVTIMEO);
}

static int make_full_socket(void)
{
	int sender = socket_with(SO_SNDTIMEO);

	while (send(sender, "full", 4, MSG_DONTWAIT) > 0)
		;
	return sender;
}

static int make_listener(void)
{
	return listener_with(0);
}

static int make_limited_listener(void)
{
	return listener_with(SO_RCVTIMEO);
}

static int make_inotify(void)
{
	return inotify_init1(IN_CLOEXEC);
}

static int make_eventfd(void)
{
	return eventfd(0, EFD_CLOEXEC);
}

static int make_timer(void)
{
	struct itimerspec once = {.it_value = limit};
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	timerfd_settime(timer, 0, &once, NULL);
	return timer;
}

static int make_signalfd(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static int make_flocked(void)
{
	return locked_file(1);
}

static int make_locked(void)
{
	return locked_file(0);
}

static int make_queue(void)
{
	return (int)message_queue();
}

static int make_child(void)
{
	return idle_child();
}

static int make_nothing(void)
{
	return 0;
}

static long in_epoll_wait(int made)
{
	struct epoll_event event;

	return epoll_wait(made, &event, 1, -1);
}

static long in_epoll_wait_limited(int made)
{
	struct epoll_event event;

	return epoll_wait(made, &event, 1, LONG_ENOUGH * 1000);
}

static long in_epoll_pwait2(int made)
{
	struct epoll_event event;

	return syscall(SYS_epoll_pwait2, made, &event, 1, &limit, NULL, (size_t)8);
}

static long in_poll(int made)
{
	struct pollfd ready = {.fd = made, .events = POLLIN};

	return poll(&ready, 1, -1);
}

static long in_poll_limited(int made)
{
	struct pollfd ready = {.fd = made, .events = POLLIN};

	return poll(&ready, 1, LONG_ENOUGH * 1000);
}

static long in_ppoll(int made)
{
	struct pollfd ready = {.fd = made, .events = POLLIN};

	return ppoll(&ready, 1, &limit, NULL);
}

static long in_select(int made)
{
	struct timeval time = {LONG_ENOUGH, 0};
	fd_set set;

	FD_ZERO(&set);
	FD_SET(made, &set);
	return select(made + 1, &set, NULL, NULL, &time);
}

static long in_pselect(int made)
{
	fd_set set;

	FD_ZERO(&set);
	FD_SET(made, &set);
	return pselect(made + 1, &set, NULL, NULL, &limit, NULL);
}

static long in_nanosleep(int made)
{
	(void)made;
	return nanosleep(&limit, NULL);
}

static long in_clock_nanosleep(int made)
{
	struct timespec end = far_ahead(CLOCK_MONOTONIC);

	(void)made;
	errno = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL);
	return errno != 0 ? -1 : 0;
}

static long in_sem_wait(int made)
{
	sem_t semaphore;

	sem_init(&semaphore, 0, (unsigned)made);
	return sem_wait(&semaphore);
}

static long in_sem_timedwait(int made)
{
	struct timespec end = far_ahead(CLOCK_REALTIME);
	sem_t semaphore;

	sem_init(&semaphore, 0, (unsigned)made);
	return sem_timedwait(&semaphore, &end);
}

static long in_futex(int made)
{
	return syscall(SYS_futex, &made, FUTEX_WAIT_PRIVATE, made, NULL, NULL, 0);
}

static long in_futex_limited(int made)
{
	return syscall(SYS_futex, &made, FUTEX_WAIT_PRIVATE, made, &limit, NULL, 0);
}

static long in_read(int made)
{
	char bytes[256];

	return read(made, bytes, sizeof(bytes));
}

static long in_write(int made)
{
	return write(made, "more", 4);
}

static long in_recv(int made)
{
	char bytes[8];

	return recv(made, bytes, sizeof(bytes), 0);
}

static long in_recvmsg(int made)
{
	char bytes[8];
	struct iovec part = {bytes, sizeof(bytes)};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	return recvmsg(made, &message, 0);
}

static long in_send(int made)
{
	return send(made, "more", 4, 0);
}

static long in_accept(int made)
{
	return accept(made, NULL, NULL);
}

static long in_sigwaitinfo(int made)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1 + made);
	return sigwaitinfo(&set, NULL);
}

static long in_sigtimedwait(int made)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1 + made);
	return sigtimedwait(&set, NULL, &limit);
}

static long in_sigsuspend(int made)
{
	sigset_t set;

	(void)made;
	sigfillset(&set);
	return sigsuspend(&set);
}

static long in_pause(int made)
{
	(void)made;
	return pause();
}

static long in_semop(int made)
{
	struct sembuf take = {(unsigned short)made, -1, 0};

	return semop(semaphores, &take, 1);
}

static long in_semtimedop(int made)
{
	struct sembuf take = {(unsigned short)made, -1, 0};

	return semtimedop(semaphores, &take, 1, &limit);
}

static long in_msgrcv(int made)
{
	struct {
		long type;
		char text[8];
	} message;

	return msgrcv(messages, &message, sizeof(message.text), made + 1, 0);
}

static long in_io_getevents(int made)
{
	static _Thread_local aio_context_t context;
	struct io_event event;

	(void)made;
	if (context == 0 && syscall(SYS_io_setup, 1, &context) != 0)
		return -1;
	return syscall(SYS_io_getevents, context, 1L, 1L, &event, &limit);
}

static long in_wait4(int made)
{
	return wait4(made, NULL, 0, NULL);
}

static long in_waitid(int made)
{
	return waitid(P_PID, (id_t)made, NULL, WEXITED | WNOWAIT);
}

static long in_flock(int made)
{
	return flock(made, LOCK_EX);
}

static long in_fcntl(int made)
{
	struct flock whole = {.l_type = F_WRLCK};

	return fcntl(made, F_OFD_SETLKW, &whole);
}

static long in_mq_receive(int made)
{
	char message[8];

	return mq_receive(made, message, sizeof(message), NULL);
}

static long in_mq_timedreceive(int made)
{
	struct timespec end = far_ahead(CLOCK_REALTIME);
	char message[8];

	return mq_timedreceive(made, message, sizeof(message), NULL, &end);
}

static const struct kind {
	const char *name;
	int (*make)(void);
	long (*wait)(int made);
} kinds[] = {
	{"epoll_wait", make_epoll, in_epoll_wait},
	{"epoll_wait, limited", make_epoll, in_epoll_wait_limited},
	{"epoll_pwait2", make_epoll, in_epoll_pwait2},
	{"poll", make_pipe, in_poll},
	{"poll, limited", make_pipe, in_poll_limited},
	{"ppoll", make_pipe, in_ppoll},
	{"select", make_pipe, in_select},
	{"pselect", make_pipe, in_pselect},
	{"nanosleep", make_nothing, in_nanosleep},
	{"clock_nanosleep", make_nothing, in_clock_nanosleep},
	{"sem_wait", make_nothing, in_sem_wait},
	{"sem_timedwait", make_nothing, in_sem_timedwait},
	{"futex", make_nothing, in_futex},
	{"futex, limited", make_nothing, in_futex_limited},
	{"read from a pipe", make_pipe, in_read},
	{"write to a pipe", make_full_pipe, in_write},
	{"recv", make_socket, in_recv},
	{"recv, SO_RCVTIMEO", make_limited_socket, in_recv},
	{"recvmsg, SO_RCVTIMEO", make_limited_socket, in_recvmsg},
	{"read, SO_RCVTIMEO", make_limited_socket, in_read},
	{"send, SO_SNDTIMEO", make_full_socket, in_send},
	{"write, SO_SNDTIMEO", make_full_socket, in_write},
	{"accept", make_listener, in_accept},
	{"accept, SO_RCVTIMEO", make_limited_listener, in_accept},
	{"sigwaitinfo", make_nothing, in_sigwaitinfo},
	{"sigtimedwait", make_nothing, in_sigtimedwait},
	{"sigsuspend", make_nothing, in_sigsuspend},
	{"pause", make_nothing, in_pause},
	{"semop", make_nothing, in_semop},
	{"semtimedop", make_nothing, in_semtimedop},
	{"msgrcv", make_nothing, in_msgrcv},
	{"io_getevents", make_nothing, in_io_getevents},
	{"inotify", make_inotify, in_read},
	{"eventfd", make_eventfd, in_read},
	{"timerfd", make_timer, in_read},
	{"signalfd", make_signalfd, in_read},
	{"wait4", make_child, in_wait4},
	{"waitid", make_child, in_waitid},
	{"flock", make_flocked, in_flock},
	{"fcntl", make_locked, in_fcntl},
	{"mq_receive", make_queue, in_mq_receive},
	{"mq_timedreceive", make_queue, in_mq_timedreceive},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* What the thread of each kind noticed, and each clock. */
static struct {
	atomic_int interrupted, returned, last_error;
} noticed[KINDS];
static struct {
	atomic_long late, latest; /* ns: sum and most */
} clocks[MOST_CLOCKS];
static int clock_count;
static pthread_barrier_t made;

static void *wait_for_ever(void *argument)
{
	size_t number = (size_t)argument;
	int what = kinds[number].make();
	long result;

	pthread_barrier_wait(&made);
	for (;;) {
		errno = 0;
		result = kinds[number].wait(what);
		if (result == -1 && errno == EINTR) {
			noticed[number].interrupted++;
			continue;
		}
		noticed[number].returned++;
		noticed[number].last_error = result == -1 ? errno : 0;
		nanosleep(&limit, NULL);
	}
	return NULL;
}

static long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000L + time.tv_nsec;
}

static void *keep_time(void *argument)
{
	size_t number = (size_t)argument;
	const struct timespec step = {0, STEP_NS};
	long before, late;

	pthread_barrier_wait(&made);
	for (;;) {
		before = now();
		nanosleep(&step, NULL);
		late = now() - before - STEP_NS;
		if (late < LATE_NS)
			continue;
		clocks[number].late += late;
		if (late > clocks[number].latest)
			clocks[number].latest = late;
	}
	return NULL;
}

static void start_thread(void *(*routine)(void *), size_t number)
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 256 * 1024);
	if (pthread_create(&thread, &attributes, routine, (void *)number) != 0)
		errx(2, "pthread_create");
	pthread_attr_destroy(&attributes);
}

/* Returns when each of them is about to wait. */
static void start_threads(void)
{
	pthread_barrier_init(&made, NULL, (unsigned)(KINDS + (size_t)clock_count + 1));
	for (size_t i = 0; i < KINDS; i++)
		start_thread(wait_for_ever, i);
	for (size_t i = 0; i < (size_t)clock_count; i++)
		start_thread(keep_time, i);
	pthread_barrier_wait(&made);
}

static void tell_kinds(const char *key, int interrupted)
{
	const char *comma = "";

	printf(", \"%s\": {", key);
	for (size_t i = 0; i < KINDS; i++) {
		int count = interrupted ? noticed[i].interrupted : noticed[i].returned;

		if (count == 0)
			continue;
		printf("%s\"%s\": %d", comma, kinds[i].name,
		       interrupted ? count : noticed[i].last_error);
		comma = ", ";
	}
	printf("}");
}

static void tell(const char *who)
{
	long late = 0, latest = 0;

	for (int i = 0; i < clock_count; i++) {
		late += clocks[i].late;
		if (clocks[i].latest > latest)
			latest = clocks[i].latest;
	}
	printf("{\"who\": \"%s\", \"kinds\": %zu", who, KINDS);
	tell_kinds("interrupted", 1);
	tell_kinds("returned", 0);
	printf(", \"late_ms\": %.1f, \"latest_ms\": %.1f}\n", (double)late / 1e6,
	       (double)latest / 1e6);
	fflush(stdout);
}

static void serve(const char *who)
{
	char bytes[64];

	while (read(STDIN_FILENO, bytes, sizeof(bytes)) > 0)
		;
	tell(who);
}

static void *serve_in_thread(void *unused)
{
	serve("child");
	_exit(0);
	return unused;
}

/* --- the thread that the child lacks --- */

static pthread_mutex_t state_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t taken;

static void *hold(void *unused)
{
	pthread_mutex_lock(&state_mutex);
	pthread_barrier_wait(&taken);
	for (;;)
		nanosleep(&limit, NULL);
	return unused;
}

static void be_child(int hangs)
{
	start_threads();
	puts("ready");
	fflush(stdout);
	if (hangs) {
		start_thread(serve_in_thread, 0);
		pthread_mutex_lock(&state_mutex);
	}
	serve("child");
	_exit(0);
}

static int have_child(int hangs)
{
	int status = 0;
	pid_t child;

	pthread_barrier_init(&taken, NULL, 2);
	start_thread(hold, 0);
	pthread_barrier_wait(&taken);
	child = fork();
	if (child < 0)
		err(2, "fork");
	if (child == 0)
		be_child(hangs);
	start_threads();
	while (waitpid(child, &status, 0) != child)
		;
	tell("parent");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}

static void block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static int run(const char *mode)
{
	if (strcmp(mode, "plain") != 0)
		return have_child(strcmp(mode, "hung") == 0);
	start_threads();
	puts("ready");
	fflush(stdout);
	serve("program");
	return 0;
}

int main(int argc, char **argv)
{
	int status;

	if (argc < 2)
		errx(2, "plain, child or hung?");
	clock_count = argc > 2 ? atoi(argv[2]) : 0;
	if (clock_count < 0 || clock_count > MOST_CLOCKS)
		errx(2, "too many clocks");
	semaphores = semget(IPC_PRIVATE, 1, 0600);
	messages = msgget(IPC_PRIVATE, 0600);
	block_signals();
	status = run(argv[1]);
	semctl(semaphores, 0, IPC_RMID);
	msgctl(messages, IPC_RMID, NULL);
	return status;
}
