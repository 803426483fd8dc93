/*
 * sets CHILD PEER LIBRARY: a child waits by a set of epoll of a library's, in which a connection
 * is, too. CHILD is what it does first: "gives" a job to the library's thread, which it does not
 * have; "asks" the peer; "waits" does neither; "polls" gives a job, and waits by the set in code of
 * the program's own; "starts" the library, since its parent had not. PEER is "silent", "answers"
 * after a while, or "comes" then, to a socket in the set that listens. A child that hangs is ended,
 * with status 42.
 */
#include "case.h"
#include <dlfcn.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

/* Longer than what is suspected takes to be told of. */
#define ANSWER_MS 1500
#define LIMIT_MS  6000

static struct {
	int (*start)(int connection);
	int (*give)(void);
	int (*receive)(void);
	int *set;
} executor;

static int listener, peer, connection;
static struct sockaddr_in address = {.sin_family = AF_INET};

static void *find(void *library, const char *name)
{
	void *symbol = dlsym(library, name);

	if (symbol == NULL)
		errx(2, "%s", dlerror());
	return symbol;
}

static void open_executor(const char *path)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (library == NULL)
		errx(2, "%s", dlerror());
	executor.start = (int (*)(int))find(library, "executor_start");
	executor.give = (int (*)(void))find(library, "executor_give");
	executor.receive = (int (*)(void))find(library, "executor_receive");
	executor.set = find(library, "executor_set");
}

static int join_listener(void)
{
	int end = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (end < 0 || connect(end, (const struct sockaddr *)&address, sizeof(address)) != 0)
		err(2, "connect");
	return end;
}

static void open_connection(void)
{
	socklen_t length = sizeof(address);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(listener, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(listener, 8) != 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &length) != 0)
		err(2, "listen");
	connection = join_listener();
	peer = accept(listener, NULL, NULL);
}

static int wait_by_itself(void)
{
	struct epoll_event event;

	return epoll_wait(*executor.set, &event, 1, -1) == 1 ? 0 : 1;
}

static int wait_by_library(void)
{
	return executor.receive() >= 0 ? 0 : 1; /* WAIT */
}

static int run_child(char **argv)
{
	if (mode_is(argv, "starts"))
		executor.start(connection);
	if (mode_is(argv, "gives") || mode_is(argv, "polls") || mode_is(argv, "starts"))
		executor.give(); /* USE */
	if (mode_is(argv, "asks") && write(connection, "?", 1) != 1)
		err(2, "write");
	return mode_is(argv, "polls") ? wait_by_itself() : wait_by_library(); /* AWAIT */
}

/* A peer that the child waits for does something in the end. */
static void play_peer(const char *how)
{
	if (strcmp(how, "silent") == 0)
		return;
	poll(NULL, 0, ANSWER_MS);
	if (strcmp(how, "comes") == 0)
		join_listener();
	else if (write(peer, "answer", 6) != 6)
		err(2, "write");
}

static void start(const char *how)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = -1};

	executor.start(connection); /* START */
	executor.give();
	if (executor.receive() < 0)
		errx(2, "the parent's own thread has done nothing");
	if (strcmp(how, "comes") == 0)
		epoll_ctl(*executor.set, EPOLL_CTL_ADD, listener, &event);
}

int main(int argc, char **argv)
{
	pid_t child;

	if (argc != 4)
		errx(2, "usage: sets CHILD PEER LIBRARY");
	open_executor(argv[3]);
	open_connection();
	if (!mode_is(argv, "starts"))
		start(argv[2]);
	child = fork(); /* FORK */
	if (child == 0)
		_exit(run_child(argv)); /* CHILD */
	play_peer(argv[2]);
	return reap_within(child, LIMIT_MS);
}
