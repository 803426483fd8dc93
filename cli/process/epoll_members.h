/* What a set of epoll waits for: whether anybody new could come, or only who is there already. */
#ifndef FORKCHECK_EPOLL_MEMBERS_H
#define FORKCHECK_EPOLL_MEMBERS_H

#include <stdbool.h>
#include <sys/types.h>

struct epoll_member {
	int number;
	bool is_own; /* the process has that very file by this number */
};

/* False where `visit` said so of one, there is none, or it cannot be told. */
bool epoll_each_member(pid_t pid, int set,
		       bool (*visit)(const struct epoll_member *member, void *data), void *data);

/*
 * False where all of its members are there already: eventfds, and connections to a network. True
 * for a listening socket, a pipe, a timer, a file, and where it cannot be told. `process` is a
 * pidfd of `pid`.
 */
bool epoll_may_get_others(pid_t pid, int process, int set);
/* The same, but for members that the process has closed, or that another one has added: who comes
 * there it cannot accept. */
bool epoll_may_accept_others(pid_t pid, int process, int set);

#endif
