/*
 * descriptors MEANS WAIT MODE: a child waits without a time limit for an answer that comes by a
 * descriptor (MEANS: eventfd, pipe, pair), in a call (WAIT: poll, ppoll, select, epoll, read,
 * recv, recvmmsg, accept). Before the fork a thread answered, and the forking one asked and waited.
 *
 * These hang: "hang": the child asks the thread that it does not have, and its parent waits for
 * it. "woken": the forking thread wrote, too, and read it itself. "idle": it does not even ask.
 * "busy": as "hang", but the parent may yet do something. "own": as "hang", by a descriptor that
 * the child has made. "ring-idle": as "hang", with a ring of io_uring that has nothing to do.
 * "closed": the parent has closed all it had. "siblings": as "hang", in several children that have
 * all ends.
 *
 * All others end by themselves, after two seconds.
 */
#include "case.h"
#include <fcntl.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>

#define LATE_MS      2000
#define BUSY_MS      4000
#define CHILDREN_MAX 2

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t asked = PTHREAD_COND_INITIALIZER;
static pthread_cond_t rested = PTHREAD_COND_INITIALIZER;
static int questions, delay_ms;
static pid_t siblings[CHILDREN_MAX];
static int children;
static bool is_resting;
static const char *means, *waits, *mode;
/* What is read and what is written; another one that the child waits for, too; a set. */
static int in = -1, out = -1, also = -1, set = -1;
static int terminal = -1; /* what is written there comes out at the other one */

static bool is_mode(const char *name)
{
	return strcmp(mode, name) == 0;
}

/* --- the answer ----------------------------------------------------------------------- */

static void make_ends(void)
{
	int ends[2];

	if (strcmp(means, "eventfd") == 0) {
		in = out = eventfd(0, 0);
		return;
	}
	if (strcmp(means, "pipe") == 0 ? pipe(ends) : socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		err(2, "%s", means);
	in = ends[0];
	out = ends[1];
}

static void make_set(void)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = in};

	set = epoll_create1(0);
	if (epoll_ctl(set, EPOLL_CTL_ADD, in, &event) != 0)
		err(2, "epoll_ctl");
	event.data.fd = also;
	if (also >= 0)
		epoll_ctl(set, EPOLL_CTL_ADD, also, &event);
}

static void answer(void)
{
	uint64_t one = 1;

	if (write(out, &one, sizeof(one)) != sizeof(one)) /* ANSWER */
		err(2, "write");
}

/* From a pipe that nobody else has. */
static ssize_t write_by_splice(const void *from, size_t length)
{
	int ends[2];

	if (pipe(ends) || write(ends[1], from, length) < 0)
		err(2, "pipe");
	return splice(ends[0], NULL, out, NULL, length, 0);
}

static ssize_t write_by_stream(const void *from, size_t length)
{
	FILE *stream = fdopen(out, "w");

	return fwrite(from, 1, length, stream) == length && fflush(stream) == 0 ? (ssize_t)length
										: -1;
}

static ssize_t write_by(const char *way, const void *from, size_t length)
{
	struct iovec part = {(void *)from, length};

	if (strcmp(way, "splice") == 0)
		return write_by_splice(from, length);
	if (strcmp(way, "stream") == 0)
		return write_by_stream(from, length);
	if (strcmp(way, "dprintf") == 0)
		return dprintf(out, "%*d", (int)length, 1);
	if (strcmp(way, "pwritev2") == 0)
		return pwritev2(out, &part, 1, -1, 0);
	if (strcmp(way, "number") == 0)
		return syscall(SYS_write, out, from, length);
	return write(out, from, length);
}

/* Tokens go round: who gives one takes one, too. */
static bool passes_tokens(void)
{
	return strncmp(mode, "tokens", strlen("tokens")) == 0;
}

/* "tokens-WAY" */
static void pass_token(const char *way)
{
	uint64_t token = 1;

	if (write_by(way, &token, sizeof(token)) != sizeof(token))
		err(2, "%s", way);
	if (read(in, &token, sizeof(token)) < 0)
		err(2, "read");
}

static void *serve(void *unused)
{
	if (passes_tokens())
		pass_token("");
	for (;;) {
		pthread_mutex_lock(&mutex);
		is_resting = true;
		pthread_cond_signal(&rested);
		while (questions == 0)
			pthread_cond_wait(&asked, &mutex);
		is_resting = false;
		questions--;
		pthread_mutex_unlock(&mutex);
		poll(NULL, 0, delay_ms);
		answer();
	}
	return unused;
}

static void start_server(void)
{
	pthread_t thread;

	questions = 0;
	pthread_create(&thread, NULL, serve, NULL); /* CREATE */
}

static void ask(void)
{
	pthread_mutex_lock(&mutex);
	questions++;
	pthread_cond_signal(&asked);
	pthread_mutex_unlock(&mutex);
}

/* Nothing is left undone. */
static void withdraw(void)
{
	pthread_mutex_lock(&mutex);
	questions = 0;
	pthread_mutex_unlock(&mutex);
}

static void take_mutex(void)
{
	pthread_mutex_lock(&mutex);
}

static void give_mutex(void)
{
	pthread_mutex_unlock(&mutex);
}

/* The server waits for the next question, and no fork comes in between. */
static void let_server_rest(void)
{
	pthread_mutex_lock(&mutex);
	while (!is_resting)
		pthread_cond_wait(&rested, &mutex);
	pthread_mutex_unlock(&mutex);
}

/* --- the wait -------------------------------------------------------------------------- */

static void wait_in_poll(bool has_mask)
{
	struct pollfd both[2] = {{in, POLLIN, 0}, {also, POLLIN, 0}};

	if (has_mask)
		ppoll(both, 2, NULL, NULL); /* PPOLL */
	else
		poll(both, 2, -1); /* POLL */
}

static void wait_in_select(void)
{
	fd_set ready;

	FD_ZERO(&ready);
	FD_SET(in, &ready);
	if (also >= 0)
		FD_SET(also, &ready);
	select((in > also ? in : also) + 1, &ready, NULL, NULL, NULL); /* SELECT */
}

/* A child that waits in slices looks after other things in between. */
static void wait_in_slices(void)
{
	struct pollfd one = {in, POLLIN, 0};

	for (int waited = 0; waited < LATE_MS; waited += 100)
		if (poll(&one, 1, 100) != 0)
			return;
	withdraw();
	_exit(0);
}

/* read() and recv() wait and take it at once. */
static void wait_for_answer(void)
{
	struct epoll_event event;

	if (strcmp(waits, "poll") == 0)
		wait_in_poll(false);
	else if (strcmp(waits, "ppoll") == 0)
		wait_in_poll(true);
	else if (strcmp(waits, "select") == 0)
		wait_in_select();
	else if (strcmp(waits, "epoll") == 0)
		epoll_wait(set, &event, 1, -1); /* EPOLL */
	else if (strcmp(waits, "accept") == 0 && also >= 0)
		accept(also, NULL, NULL); /* ACCEPT */
}

static void take_message(void)
{
	uint64_t taken;
	struct iovec part = {&taken, sizeof(taken)};
	struct mmsghdr message = {.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}};

	recvmmsg(in, &message, 1, 0, NULL); /* RECVMMSG */
}

static void take_answer(void)
{
	uint64_t taken;

	if (strcmp(waits, "recvmmsg") == 0)
		take_message();
	else if (strcmp(waits, "recv") == 0)
		recv(in, &taken, sizeof(taken), 0);   /* RECV */
	else if (read(in, &taken, sizeof(taken)) < 0) /* READ */
		err(2, "read");
}

/* --- what else may end the wait --------------------------------------------------------- */

static int listen_somewhere(struct sockaddr_in *address)
{
	socklen_t length = sizeof(*address);
	int listening = socket(AF_INET, SOCK_STREAM, 0);

	*address = (struct sockaddr_in){.sin_family = AF_INET,
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (bind(listening, (struct sockaddr *)address, length) || listen(listening, 1) ||
	    getsockname(listening, (struct sockaddr *)address, &length))
		err(2, "listen");
	return listening;
}

static int set_timer(void)
{
	struct itimerspec late = {.it_value.tv_sec = LATE_MS / 1000};
	int timer = timerfd_create(CLOCK_MONOTONIC, 0);

	timerfd_settime(timer, 0, &late, NULL);
	return timer;
}

static int catch_signal(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	return signalfd(-1, &signals, 0);
}

static int watch_folder(void)
{
	int watcher = inotify_init1(0);

	if (inotify_add_watch(watcher, ".", IN_CREATE) < 0)
		err(2, "inotify");
	return watcher;
}

static int make_ring(struct io_uring_params *parameters)
{
	*parameters = (struct io_uring_params){0};
	return (int)syscall(SYS_io_uring_setup, 2, parameters);
}

/* The kernel is asked to tell of a time by the eventfd. Containers often forbid it. */
static void ask_kernel(void)
{
	struct io_uring_params parameters;
	static struct __kernel_timespec late = {.tv_sec = LATE_MS / 1000};
	int ring = make_ring(&parameters);
	size_t size = parameters.sq_off.array + parameters.sq_entries * sizeof(uint32_t);
	struct io_uring_sqe *entries;
	char *queue;

	if (ring < 0)
		_exit(0);
	queue = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
	entries = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
	entries[0] = (struct io_uring_sqe){
		.opcode = IORING_OP_TIMEOUT, .fd = -1, .addr = (uintptr_t)&late, .len = 1};
	*(uint32_t *)(void *)(queue + parameters.sq_off.array) = 0;
	*(uint32_t *)(void *)(queue + parameters.sq_off.tail) = 1;
	if (syscall(SYS_io_uring_register, ring, IORING_REGISTER_EVENTFD, &in, 1) ||
	    syscall(SYS_io_uring_enter, ring, 1, 0, 0, NULL, 0) != 1)
		err(2, "io_uring");
}

static int open_terminal(int *master)
{
	*master = posix_openpt(O_RDWR | O_NOCTTY);
	if (*master < 0 || grantpt(*master) || unlockpt(*master))
		err(2, "terminal");
	return open(ptsname(*master), O_RDWR | O_NOCTTY);
}

/* --- the child ---------------------------------------------------------------------------- */

static void *answer_late(void *unused)
{
	poll(NULL, 0, LATE_MS);
	answer();
	return unused;
}

static void prepare_child(void)
{
	pthread_t thread;

	if (is_mode("restarted")) {
		mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
		asked = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
		delay_ms = LATE_MS;
		start_server();
	}
	if (is_mode("own") || is_mode("own-late"))
		make_ends();
	if (is_mode("own-late"))
		pthread_create(&thread, NULL, answer_late, NULL);
	if (is_mode("timer"))
		also = set_timer();
	if (is_mode("signal"))
		also = catch_signal();
	if (is_mode("files"))
		also = watch_folder();
	if (is_mode("ring"))
		ask_kernel();
	if (set < 0 || also >= 0 || is_mode("own") || is_mode("own-late"))
		make_set();
}

static bool asks_nobody(void)
{
	return is_mode("idle") || is_mode("jobs") || is_mode("dispatched") ||
	       is_mode("sibling-late");
}

static int work(void)
{
	prepare_child();
	if (!asks_nobody())
		ask();
	if (is_mode("slices"))
		wait_in_slices();
	wait_for_answer(); /* WAIT */
	if (also < 0)
		take_answer(); /* TAKE */
	withdraw();
	return 0;
}

/* It has all ends, too, and is not lost. */
static void start_late_sibling(void)
{
	if (fork() != 0)
		return;
	poll(NULL, 0, LATE_MS);
	answer();
	_exit(0);
}

/* --- the parent --------------------------------------------------------------------------- */

static int wait_for_end(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) != child)
		if (errno != EINTR)
			err(2, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void connect_late(const struct sockaddr_in *address)
{
	int client = socket(AF_INET, SOCK_STREAM, 0);

	if (connect(client, (const struct sockaddr *)address, sizeof(*address)))
		err(2, "connect");
}

static void send_end(int to, int end)
{
	char byte = 0, room[CMSG_SPACE(sizeof(end))] = {0};
	struct iovec bytes = {&byte, 1};
	struct msghdr message = {.msg_iov = &bytes,
				 .msg_iovlen = 1,
				 .msg_control = room,
				 .msg_controllen = sizeof(room)};
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(end));
	memcpy(CMSG_DATA(head), &end, sizeof(end));
	if (sendmsg(to, &message, 0) < 0)
		err(2, "sendmsg");
}

static int receive_end(int from)
{
	char byte, room[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec bytes = {&byte, 1};
	struct msghdr message = {.msg_iov = &bytes,
				 .msg_iovlen = 1,
				 .msg_control = room,
				 .msg_controllen = sizeof(room)};
	int end;

	if (recvmsg(from, &message, 0) < 0)
		err(2, "recvmsg");
	memcpy(&end, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(end));
	return end;
}

/* Takes a descriptor out of a message late, and writes to it. */
static int start_courier(void)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		err(2, "socketpair");
	if (fork() == 0) {
		close(ends[1]);
		poll(NULL, 0, LATE_MS);
		out = receive_end(ends[0]);
		answer();
		_exit(0);
	}
	close(ends[0]);
	return ends[1];
}

static int see_it_end(pid_t child, const struct sockaddr_in *address, int courier)
{
	if (is_mode("busy"))
		return reap_within(child, BUSY_MS);
	for (int i = 0; i < children - 1; i++)
		wait_for_end(siblings[i]);
	if (is_mode("passed")) {
		send_end(courier, out);
		close(out);
		return wait_for_end(child);
	}
	if (is_mode("dispatched")) {
		delay_ms = LATE_MS;
		ask();
	}
	if (is_mode("jobs") || passes_tokens() || is_mode("network") || is_mode("signal") ||
	    is_mode("files") || is_mode("terminal"))
		poll(NULL, 0, LATE_MS);
	if (is_mode("jobs") || passes_tokens())
		answer();
	if (is_mode("network"))
		connect_late(address);
	if (is_mode("terminal") && write(terminal, "\n", 1) != 1)
		err(2, "terminal");
	if (is_mode("signal"))
		kill(child, SIGUSR1);
	if (is_mode("files"))
		fclose(fopen("made", "w"));
	return wait_for_end(child);
}

int main(int argc, char **argv)
{
	struct io_uring_params parameters;
	struct sockaddr_in address;
	int courier;
	pid_t child = -1;

	if (argc != 4)
		errx(2, "usage: descriptors MEANS WAIT MODE");
	means = argv[1];
	waits = argv[2];
	mode = argv[3];
	/* It has none of what is made from here on. */
	end_with_guard();
	courier = is_mode("passed") ? start_courier() : -1;
	make_ends();
	if (is_mode("network"))
		also = listen_somewhere(&address);
	if (is_mode("terminal"))
		also = open_terminal(&terminal);
	if (is_mode("ring-idle"))
		make_ring(&parameters);
	if (is_mode("common"))
		make_set();
	pthread_atfork(take_mutex, give_mutex, give_mutex);
	start_server(); /* START */
	let_server_rest();
	/* As who stops the loop that it runs itself. */
	if (is_mode("woken")) {
		answer();
		take_answer();
	}
	if (passes_tokens())
		pass_token(strchr(mode, '-') ? strchr(mode, '-') + 1 : "");
	ask();
	if (also < 0)
		wait_for_answer();
	take_answer();
	let_server_rest();
	if (is_mode("sibling-late"))
		start_late_sibling();
	children = is_mode("siblings") ? CHILDREN_MAX : 1;
	for (int i = 0; i < children && child != 0; i++)
		siblings[i] = child = fork(); /* FORK */
	if (child == 0) {
		if (is_mode("passed") && out != in)
			close(out);
		_exit(work()); /* CHILD */
	}
	if (is_mode("closed")) {
		close(in);
		if (out != in)
			close(out);
		poll(NULL, 0, 2000);
	}
	return see_it_end(child, &address, courier);
}
