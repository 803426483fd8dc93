/*
 * The members of a set of epoll stand in /proc/PID/fdinfo. Whether a socket listens, only the
 * socket itself tells: it is borrowed for one question (pidfd_getfd(2)), and nothing is read.
 */
#include "epoll_members.h"
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
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

bool epoll_may_get_others(pid_t pid, int process, int set)
{
	char path[64], line[256];
	int count = 0, member;
	bool all = true;
	FILE *stream;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", pid, set);
	stream = fopen(path, "re");
	while (stream && all && fgets(line, sizeof(line), stream))
		if (sscanf(line, "tfd: %d", &member) == 1)
			all = count++ < MEMBERS_MAX && is_there_already(pid, process, member);
	if (stream)
		fclose(stream);
	return !all || !count;
}
