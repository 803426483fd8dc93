/*
 * expires CALL: a master and its worker wait for each other, and the master's call has a time
 * limit that is the socket's. When it is over the call says so, and the master sends the
 * worker home; the status is 1 where it said something else.
 */
#include "case.h"
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

#define LIMIT_SECONDS 3

static int ends[2]; /* the master's, the worker's */
static char much[1 << 24];

/* --- the master's calls ---------------------------------------------------------------- */

static ssize_t call_recv(void)
{
	char byte;

	return recv(ends[0], &byte, 1, 0);
}

static ssize_t call_read(void)
{
	char byte;

	return read(ends[0], &byte, 1);
}

static ssize_t call_readv(void)
{
	char byte;
	struct iovec data = {&byte, 1};

	return readv(ends[0], &data, 1);
}

static ssize_t call_recvmsg(void)
{
	char byte;
	struct iovec data = {&byte, 1};
	struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};

	return recvmsg(ends[0], &message, MSG_WAITALL);
}

static ssize_t call_recvmmsg(void)
{
	char byte;
	struct iovec data = {&byte, 1};
	struct mmsghdr message = {.msg_hdr = {.msg_iov = &data, .msg_iovlen = 1}};

	return recvmmsg(ends[0], &message, 1, 0, NULL);
}

static void fill(void)
{
	struct pollfd room = {ends[0], POLLOUT, 0};

	do
		while (send(ends[0], much, sizeof(much), MSG_DONTWAIT) > 0)
			;
	while (poll(&room, 1, 200) > 0);
}

static ssize_t call_send(void)
{
	return send(ends[0], much, sizeof(much), 0);
}

static ssize_t call_write(void)
{
	return write(ends[0], much, sizeof(much));
}

static const struct call {
	const char *name;
	ssize_t (*make)(void);
	int is_inet, writes;
} calls[] = {
	{"recv", call_recv, 0, 0},       {"recv-inet", call_recv, 1, 0},
	{"read", call_read, 0, 0},       {"readv", call_readv, 0, 0},
	{"recvmsg", call_recvmsg, 1, 0}, {"recvmmsg", call_recvmmsg, 0, 0},
	{"send", call_send, 0, 1},       {"write-inet", call_write, 1, 1},
};

static const struct call *find_call(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (strcmp(calls[i].name, name) == 0)
			return &calls[i];
	errx(2, "no such call: %s", name);
}

/* --- the two --------------------------------------------------------------------------- */

static void connect_inet(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	ends[0] = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&address, &size) ||
	    connect(ends[0], (struct sockaddr *)&address, size))
		err(2, "connect");
	ends[1] = accept(listener, NULL, NULL);
	close(listener);
}

/* One that waits for room waits for a master that does not read. */
static int work(int writes)
{
	char byte;

	close(ends[0]);
	while (writes && write(ends[1], much, sizeof(much)) > 0)
		;
	return !writes && read(ends[1], &byte, 1) != 0; /* READ */
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int is_expired(const struct call *call)
{
	double start;
	ssize_t result;

	if (call->writes)
		fill();
	start = now();
	result = call->make();
	if (now() - start < LIMIT_SECONDS - 0.1)
		return 0;
	/* A little may have found room. */
	return (result == -1 && errno == EAGAIN) ||
	       (call->writes && result > 0 && result < (ssize_t)sizeof(much));
}

int main(int argc, char **argv)
{
	const struct call *call = find_call(argc > 1 ? argv[1] : "");
	struct timeval limit = {LIMIT_SECONDS, 0};
	int expired, status;
	pid_t worker;

	signal(SIGPIPE, SIG_IGN);
	if (call->is_inet)
		connect_inet();
	else if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		err(2, "socketpair");
	setsockopt(ends[0], SOL_SOCKET, call->writes ? SO_SNDTIMEO : SO_RCVTIMEO, &limit,
		   sizeof(limit));
	worker = fork();
	if (worker == 0)
		_exit(work(call->writes));
	close(ends[1]);
	expired = is_expired(call);
	close(ends[0]);
	status = reap(worker);
	return status != 0 || !expired;
}
