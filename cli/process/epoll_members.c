/*
 * The members of a set of epoll stand in /proc/PID/fdinfo. Whether a socket listens, only the
 * socket itself tells: it is borrowed for one question (pidfd_getfd(2)), and nothing is read.
 */
#include "epoll_members.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MEMBERS_MAX 64

static bool is_option(int socket, int option, int *value)
{
	socklen_t length = sizeof(*value);

	return getsockopt(socket, SOL_SOCKET, option, value, &length) == 0;
}

static bool is_connection(int process, int descriptor)
{
	int socket = (int)syscall(SYS_pidfd_getfd, process, descriptor, 0);
	int domain = 0, listens = 1;
	bool is_told;

	if (socket < 0)
		return false;
	is_told =
		is_option(socket, SO_DOMAIN, &domain) && is_option(socket, SO_ACCEPTCONN, &listens);
	close(socket);
	return is_told && !listens && (domain == AF_INET || domain == AF_INET6);
}

static bool is_there_already(pid_t pid, int process, int descriptor)
{
	char path[64], link[64];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, descriptor);
	length = readlink(path, link, sizeof(link) - 1);
	link[length > 0 ? length : 0] = '\0';
	return strcmp(link, "anon_inode:[eventfd]") == 0 ||
	       (strncmp(link, "socket:", strlen("socket:")) == 0 &&
		is_connection(process, descriptor));
}

/* Another process that has the set may have added a file under a number of its own, or the number
 * is another file's by now. */
static bool is_own_file(pid_t pid, int descriptor, unsigned long long inode)
{
	struct stat status;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, descriptor);
	return stat(path, &status) == 0 && status.st_ino == inode;
}

/* "tfd:        5 events:       19 data:                5  pos:0 ino:2d sdev:e" */
static bool read_member(pid_t pid, const char *line, struct epoll_member *member)
{
	const char *inode = strstr(line, " ino:");

	if (sscanf(line, "tfd: %d", &member->number) != 1)
		return false;
	member->is_own = inode && is_own_file(pid, member->number,
					      strtoull(inode + strlen(" ino:"), NULL, 16));
	return true;
}

bool epoll_each_member(pid_t pid, int set,
		       bool (*visit)(const struct epoll_member *member, void *data), void *data)
{
	char path[64], line[256];
	struct epoll_member member;
	bool all = true;
	int count = 0;
	FILE *stream;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", pid, set);
	stream = fopen(path, "re");
	while (stream && all && fgets(line, sizeof(line), stream))
		if (read_member(pid, line, &member))
			all = count++ < MEMBERS_MAX && visit(&member, data);
	if (stream)
		fclose(stream);
	return all && count;
}

struct member_search {
	pid_t pid;
	int process;
	bool of_own; /* only those that are the process' own */
};

static bool is_known_member(const struct epoll_member *member, void *data)
{
	const struct member_search *search = data;

	return (search->of_own && !member->is_own) ||
	       is_there_already(search->pid, search->process, member->number);
}

bool epoll_may_get_others(pid_t pid, int process, int set)
{
	struct member_search search = {pid, process, false};

	return !epoll_each_member(pid, set, is_known_member, &search);
}

bool epoll_may_accept_others(pid_t pid, int process, int set)
{
	struct member_search search = {pid, process, true};

	return !epoll_each_member(pid, set, is_known_member, &search);
}
