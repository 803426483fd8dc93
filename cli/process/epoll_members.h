/* What a set of epoll waits for: whether anybody new could come, or only who is there already. */
#ifndef FORKCHECK_EPOLL_MEMBERS_H
#define FORKCHECK_EPOLL_MEMBERS_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * False where all of its members are there already: eventfds, and connections to a network. True
 * for a listening socket, a pipe, a timer, a file, and where it cannot be told. `process` is a
 * pidfd of `pid`.
 */
bool epoll_may_get_others(pid_t pid, int process, int set);

#endif
