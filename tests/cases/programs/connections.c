/*
 * connections WHAT HOW: one connection (or epoll set, or timer) that a fork gives to two processes,
 * and what each does with it. The server is a process beside both, which sends back what it gets.
 */
#include "case.h"
#include <fcntl.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>

#define CLIENTS 8

static struct sockaddr_storage address;
static socklen_t address_length;
static int listener, family = AF_INET, type = SOCK_STREAM;

static int is(const char *word, const char *other)
{
	return strcmp(word, other) == 0;
}

/* --- the server ---------------------------------------------------------------- */

static void send_back(struct pollfd *client)
{
	char bytes[64];
	ssize_t length = recv(client->fd, bytes, sizeof(bytes), 0);

	if (length > 0 && bytes[0] != 'q' &&
	    send(client->fd, bytes, (size_t)length, MSG_NOSIGNAL) == length)
		return;
	close(client->fd);
	client->fd = -1;
}

static void serve(void)
{
	struct pollfd polled[1 + CLIENTS] = {{.fd = listener, .events = POLLIN}};
	nfds_t count = 1;

	while (poll(polled, count, CASE_PATIENCE) > 0) {
		for (nfds_t i = 1; i < count; i++)
			if (polled[i].revents)
				send_back(&polled[i]);
		if (polled[0].revents && count <= CLIENTS) {
			polled[count].fd = accept(listener, NULL, NULL);
			polled[count++].events = POLLIN;
		}
	}
}

static void listen_somewhere(void)
{
	struct sockaddr_in *inet = (struct sockaddr_in *)&address;

	/* Of AF_UNIX the kernel chooses a name. */
	address_length = family == AF_UNIX ? sizeof(sa_family_t) : sizeof(*inet);
	address.ss_family = (sa_family_t)family;
	if (family == AF_INET)
		inet->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(family, type, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, address_length))
		err(2, "bind");
	if (type == SOCK_STREAM && listen(listener, CLIENTS))
		err(2, "listen");
	address_length = sizeof(address);
	getsockname(listener, (struct sockaddr *)&address, &address_length);
}

static pid_t start_server(void)
{
	pid_t server = fork();

	if (server == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (type == SOCK_STREAM)
			serve();
		_exit(0);
	}
	return server;
}

/* --- what one does ------------------------------------------------------------- */

static int connect_to_server(void)
{
	int end = socket(family, type, 0);

	if (end < 0 || connect(end, (struct sockaddr *)&address, address_length)) /* CONNECT */
		err(2, "connect");
	return end;
}

static void ask(int end)
{
	char byte = 'a';

	if (write(end, &byte, 1) != 1 || read(end, &byte, 1) != 1) /* ASK */
		errx(2, "no answer");
}

static void ask_by_parts(int end)
{
	char byte = 'a';
	struct iovec part = {&byte, 1};

	if (writev(end, &part, 1) != 1 || readv(end, &part, 1) != 1) /* PARTS */
		errx(2, "no answer");
}

static void ask_by_messages(int end)
{
	char byte = 'a';
	struct iovec part = {&byte, 1};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (sendmsg(end, &message, 0) != 1 || recvmsg(end, &message, 0) != 1) /* MESSAGES */
		errx(2, "no answer");
}

static void ask_with_file(int end)
{
	int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	char byte;

	if (sendfile(end, file, NULL, 1) != 1 || recv(end, &byte, 1, 0) != 1) /* FILE */
		errx(2, "no answer");
	close(file);
}

static void say(int end)
{
	if (send(end, "x", 1, MSG_NOSIGNAL) != 1) /* SAY */
		errx(2, "nothing sent");
}

static void say_farewell(int end)
{
	if (send(end, "q", 1, MSG_NOSIGNAL) != 1)
		errx(2, "nothing sent");
}

/* The other end is closed, or about to be. */
static void ask_in_vain(int end)
{
	char byte;

	say(end);
	if (recv(end, &byte, 1, 0) > 0)
		errx(2, "an answer");
}

/* What such a child closes is not closed here. */
static void ask_and_vfork(int end)
{
	pid_t child;

	ask(end);
	child = vfork();
	if (child == 0) {
		close(end);
		_exit(0);
	}
	if (reap(child))
		errx(2, "vfork");
}

static void hear(int end)
{
	char byte;

	if (recv(end, &byte, 1, 0) != 1) /* HEAR */
		errx(2, "nothing heard");
}

static void peek(int end)
{
	char byte;

	if (recv(end, &byte, 1, MSG_PEEK) != 1)
		errx(2, "nothing to see");
}

static void ask_anew(int end)
{
	close(end);
	if (connect_to_server() != end)
		errx(2, "another number");
	ask(end);
}

/* The number is a file's now. */
static void write_to_file(int end)
{
	int file = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (file < 0 || dup2(file, end) != end)
		err(2, "dup2");
	if (write(end, "x", 1) != 1)
		err(2, "write");
}

static void ask_by_copy(int end)
{
	int copy = dup2(end, end + 10);

	ask(copy); /* BY_COPY */
	close(end);
}

static void execute(int end)
{
	char script[64];

	snprintf(script, sizeof(script), "echo x >&%d", end);
	execlp("sh", "sh", "-c", script, NULL);
}

static void try_in_vain(int end)
{
	char byte;

	if (recv(end, &byte, 1, MSG_DONTWAIT) != -1 || errno != EAGAIN)
		errx(2, "something was there");
}

static void shut_down(int end)
{
	shutdown(end, SHUT_RDWR);
}

static void let_go(int end)
{
	close(end);
}

static void do_nothing(int end)
{
	(void)end;
}

/* --- one connection ------------------------------------------------------------ */

static const struct way {
	const char *name;
	void (*before)(int end); /* the parent, before the fork */
	void (*in_child)(int end);
	void (*after)(int end); /* the parent, once the child has ended */
} ways[] = {
	{"asks", ask, ask, ask},
	{"parts", ask, ask_by_parts, ask_by_parts},
	{"messages", ask, ask_by_messages, ask_by_messages},
	{"file", ask, ask_with_file, ask_with_file},
	{"copies", ask, ask_by_copy, ask},
	{"vforks", ask_and_vfork, ask, ask},
	{"farewell", ask, say, ask},
	{"ends", ask, say_farewell, ask_in_vain},
	{"closes", ask, let_go, ask},
	{"shuts-down", ask, shut_down, let_go},
	{"anew", ask, ask_anew, ask},
	{"file-instead", ask, write_to_file, ask},
	{"in-turn", ask, ask, do_nothing},
	{"gives", ask, ask, let_go},
	{"idle-child", ask, do_nothing, ask},
	{"halves", ask, say, hear},
	{"journal", do_nothing, say, say},
	{"peeks", say, peek, hear},
	{"tries", ask, try_in_vain, ask},
	{"executes", ask, execute, ask},
};

static int connection(const struct way *way)
{
	int end = connect_to_server();
	pid_t child;

	way->before(end);
	child = fork(); /* FORK */
	if (child == 0) {
		way->in_child(end); /* IN_CHILD */
		_exit(0);
	}
	if (reap(child))
		return 1;
	way->after(end); /* AFTER */
	return 0;
}

/* --- of several processes ------------------------------------------------------- */

/* The parent never uses it. Each waits for the other to be there. */
static int siblings(void)
{
	int end = connect_to_server(), started[2];
	pid_t children[2];
	char byte;

	if (pipe(started))
		err(2, "pipe");
	for (int i = 0; i < 2; i++) {
		children[i] = fork(); /* FORK_MANY */
		if (children[i] == 0) {
			if (read(started[0], &byte, 1) != 1)
				_exit(1);
			ask(end); /* BY_SIBLING */
			_exit(0);
		}
	}
	if (write(started[1], "go", 2) != 2)
		return 1;
	return reap(children[0]) + reap(children[1]);
}

/* The second is made when the first has ended. */
static int successors(void)
{
	int end = connect_to_server();

	for (int i = 0; i < 2; i++) {
		pid_t child = fork();

		if (child == 0) {
			ask(end);
			_exit(0);
		}
		if (reap(child))
			return 1;
	}
	return 0;
}

static int grandchild(void)
{
	int end = connect_to_server();
	pid_t child = fork(); /* FORK_OLDER */

	if (child == 0) {
		pid_t other = fork();

		if (other == 0) {
			ask(end); /* BY_GRANDCHILD */
			_exit(0);
		}
		_exit(reap(other));
	}
	if (reap(child))
		return 1;
	ask(end); /* BY_GRANDPARENT */
	return 0;
}

/* A fork before the child's, and a use between the two: not after the child's. */
static int used_between(void)
{
	int end = connect_to_server();
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	if (reap(child))
		return 1;
	ask(end);
	child = fork();
	if (child == 0) {
		ask(end);
		_exit(0);
	}
	return reap(child);
}

/* --- servers -------------------------------------------------------------------- */

static void answer(int client)
{
	char byte;

	if (recv(client, &byte, 1, 0) != 1 || send(client, &byte, 1, 0) != 1) /* ANSWER */
		errx(2, "no question");
}

static pid_t start_client(void)
{
	pid_t client = fork();

	if (client == 0) {
		int end = connect_to_server();

		close(listener);
		ask(end);
		ask(end);
		_exit(0);
	}
	return client;
}

/* The child answers first. */
static int accepting(const char *how)
{
	pid_t client = start_client(), child;
	int end = is(how, "listens") ? -1 : accept(listener, NULL, NULL);

	child = fork(); /* FORK_SERVER */
	if (child == 0) {
		if (end < 0)
			end = accept(listener, NULL, NULL);
		answer(end); /* BY_CHILD */
		if (!is(how, "both"))
			answer(end);
		_exit(0);
	}
	if (is(how, "hands-over"))
		close(end);
	if (reap(child))
		return 1;
	if (is(how, "both"))
		answer(end); /* BY_PARENT */
	return reap(client);
}

/* --- what is no connection ------------------------------------------------------ */

static void draw(int set)
{
	struct epoll_event event;

	if (epoll_wait(set, &event, 1, CASE_PATIENCE) != 1) /* DRAW */
		errx(2, "no event");
}

static int make_set(int end)
{
	struct epoll_event event = {.events = EPOLLIN};
	int set = epoll_create1(EPOLL_CLOEXEC); /* MAKE_SET */

	if (set < 0 || epoll_ctl(set, EPOLL_CTL_ADD, end, &event))
		err(2, "epoll");
	return set;
}

static int events(const char *how)
{
	int ends[2], set;
	pid_t child;

	if (pipe(ends) || write(ends[1], "x", 1) != 1)
		err(2, "pipe");
	set = make_set(ends[0]);
	child = fork(); /* FORK_SET */
	if (child == 0) {
		if (is(how, "anew")) {
			close(set);
			set = make_set(ends[0]);
		}
		if (!is(how, "idle"))
			draw(set); /* CHILD_DRAWS */
		_exit(0);
	}
	if (reap(child))
		return 1;
	draw(set); /* PARENT_DRAWS */
	return 0;
}

static int make_timer(void)
{
	struct itimerspec soon = {.it_value.tv_nsec = 1000000, .it_interval.tv_nsec = 1000000};
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC); /* MAKE_TIMER */

	if (timer < 0 || timerfd_settime(timer, 0, &soon, NULL))
		err(2, "timerfd");
	return timer;
}

static void expire(int timer)
{
	uint64_t times;

	if (read(timer, &times, sizeof(times)) != sizeof(times)) /* EXPIRE */
		err(2, "timer");
}

static int expirations(const char *how)
{
	int timer = make_timer();
	pid_t child = fork(); /* FORK_TIMER */

	if (child == 0) {
		if (is(how, "anew")) {
			close(timer);
			timer = make_timer();
		}
		expire(timer); /* CHILD_READS */
		_exit(0);
	}
	if (reap(child))
		return 1;
	expire(timer); /* PARENT_READS */
	return 0;
}

static int make_ring(void)
{
	struct io_uring_params parameters = {0};
	int ring = (int)syscall(SYS_io_uring_setup, 2, &parameters); /* MAKE_RING */

	if (ring < 0)
		err(2, "io_uring");
	return ring;
}

static void enter(int ring)
{
	long taken = syscall(SYS_io_uring_enter, ring, 0, 0, 0, NULL, 0); /* ENTER */

	if (taken < 0)
		err(2, "io_uring");
}

static int rings(const char *how)
{
	int ring = make_ring();
	pid_t child = fork(); /* FORK_RING */

	if (child == 0) {
		if (is(how, "anew")) {
			close(ring);
			ring = make_ring();
		}
		enter(ring); /* CHILD_ENTERS */
		_exit(0);
	}
	if (reap(child))
		return 1;
	enter(ring); /* PARENT_ENTERS */
	return 0;
}

/* Each has an end of its own, and both write to the same file and pipe, too. */
static int local(void)
{
	int pair[2], ends[2], file = open("/dev/null", O_WRONLY | O_CLOEXEC);
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || pipe(ends))
		err(2, "socketpair");
	child = fork();
	if (child == 0) {
		say(pair[1]);
		hear(pair[1]);
		_exit(write(ends[1], "x", 1) == 1 && write(file, "x", 1) == 1 ? 0 : 1);
	}
	hear(pair[0]);
	say(pair[0]);
	if (write(ends[1], "x", 1) != 1 || write(file, "x", 1) != 1)
		return 1;
	return reap(child);
}

/* Each message is one. */
static int datagrams(void)
{
	int end = connect_to_server();
	pid_t child = fork();

	if (child == 0) {
		say(end);
		_exit(0);
	}
	if (reap(child))
		return 1;
	say(end);
	return 0;
}

/* --- which ------------------------------------------------------------------------ */

static int connected(const char *how)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (is(how, ways[i].name))
			return connection(&ways[i]);
	if (is(how, "siblings"))
		return siblings();
	if (is(how, "successors"))
		return successors();
	if (is(how, "grandchild"))
		return grandchild();
	if (is(how, "used-between"))
		return used_between();
	errx(2, "no such way: %s", how);
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "", *how = argc > 2 ? argv[2] : "";
	pid_t server;
	int status;

	if (is(what, "epoll"))
		return events(how);
	if (is(what, "timer"))
		return expirations(how);
	if (is(what, "ring"))
		return rings(how);
	if (is(what, "local"))
		return local();
	if (is(what, "unix"))
		family = AF_UNIX;
	if (is(what, "datagram"))
		type = SOCK_DGRAM;
	listen_somewhere();
	if (is(what, "server"))
		return accepting(how);
	server = start_server();
	status = type == SOCK_DGRAM ? datagrams() : connected(how);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	return status;
}
