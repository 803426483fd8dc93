/*
 * What a task waits for is read from its arguments: sets of poll() and select() from its memory,
 * those of epoll from /proc/PID/fdinfo. A descriptor may be another one at any read: who asks looks
 * twice at processes that have not run in between.
 */
#include "descriptor_wait.h"
#include "core_file.h"
#include "shim/common/arch/arch.h"
#include "sockets.h"
#include "stop.h"
#include <dirent.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define NOTES_MAX 16384
/* Sets are read into memory of ours. */
#define SET_MAX 1024
/* Not in the headers of every kernel. */
#define CALL_EPOLL_PWAIT2 441
/* What is there to be read, or has ended. All else is room to write. */
#define POLL_READS  (POLLIN | POLLPRI | POLLRDNORM | POLLRDBAND | POLLRDHUP)
#define POLL_ALWAYS (POLLERR | POLLHUP | POLLNVAL)
#define EPOLL_READS (EPOLLIN | EPOLLPRI | EPOLLRDNORM | EPOLLRDBAND | EPOLLRDHUP | EPOLLMSG)
#define EPOLL_WAYS  (EPOLLET | EPOLLONESHOT | EPOLLWAKEUP | EPOLLEXCLUSIVE)

bool descriptor_wait_is_untimed(const struct task_look *task)
{
	const uint64_t *a = task->arguments;

	if (!task->in_call)
		return false;
	switch (task->number) {
	case ARCH_CALL_POLL:
		return a[1] && !procfs_is_limit(a[2]);
	case SYS_ppoll:
		return a[1] && !a[2];
	case ARCH_CALL_SELECT:
	case SYS_pselect6:
		return a[0] && !a[4];
	case ARCH_CALL_EPOLL_WAIT:
	case SYS_epoll_pwait:
		return !procfs_is_limit(a[3]);
	case CALL_EPOLL_PWAIT2:
		return !a[3];
	case SYS_read:
	case SYS_readv:
	case SYS_recvfrom:
	case SYS_recvmsg:
		return true;
	case SYS_recvmmsg:
		return !a[4];
	default:
		return false;
	}
}

/* --- one descriptor --------------------------------------------------------------- */

/* Of one descriptor; a set has a text of its own, since its members are asked meanwhile. */
static char one_text[NOTES_MAX];

static bool read_notes(pid_t pid, int descriptor, char text[NOTES_MAX])
{
	char path[64];
	ssize_t length = -1;
	size_t filled = 0;
	int notes;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", pid, descriptor);
	notes = open(path, O_RDONLY | O_CLOEXEC);
	if (notes < 0)
		return false;
	while (filled < NOTES_MAX - 1 &&
	       (length = read(notes, text + filled, NOTES_MAX - 1 - filled)) > 0)
		filled += (size_t)length;
	close(notes);
	text[filled] = '\0';
	/* A full buffer may have been cut. */
	return filled && length == 0;
}

static bool descriptor_wait_link(pid_t pid, int descriptor, char link[64])
{
	char path[64];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, descriptor);
	length = readlink(path, link, 63);
	link[length > 0 ? length : 0] = '\0';
	return length > 0 && length < 63;
}

/* "pipe:[81236]" */
static uint64_t inode_in(const char *link, const char *kind)
{
	size_t length = strlen(kind);

	if (strncmp(link, kind, length) != 0 || strncmp(link + length, ":[", 2) != 0)
		return 0;
	return strtoull(link + length + 2, NULL, 10);
}

/* Numbers of eventfds begin with 0. 0: it is none, or the kernel does not say. */
static uint64_t eventfd_id(pid_t pid, int descriptor)
{
	const char *id =
		read_notes(pid, descriptor, one_text) ? strstr(one_text, "eventfd-id:") : NULL;

	return id ? strtoull(id + strlen("eventfd-id:"), NULL, 10) + 1 : 0;
}

static bool is_eventfd(const char *link)
{
	return strcmp(link, "anon_inode:[eventfd]") == 0;
}

static bool is_timer(const char *link)
{
	return strcmp(link, "anon_inode:[timerfd]") == 0;
}

/* One that is told when somebody sets the clock (TFD_TIMER_CANCEL_ON_SET) needs no arming. */
static bool is_disarmed_timer(pid_t pid, int descriptor)
{
	const char *flags, *left;

	if (!read_notes(pid, descriptor, one_text))
		return false;
	flags = strstr(one_text, "settime flags:");
	left = strstr(one_text, "it_value: (0, 0)");
	return left && flags &&
	       !(strtoul(flags + strlen("settime flags:"), NULL, 8) & TFD_TIMER_CANCEL_ON_SET);
}

static bool classify(pid_t pid, int number, struct awaited_descriptor *awaited)
{
	char link[64];
	uint64_t inode;

	*awaited = (struct awaited_descriptor){.number = number};
	if (!descriptor_wait_link(pid, number, link))
		return false;
	if (is_eventfd(link)) {
		awaited->kind = DESCRIPTOR_EVENTFD;
		awaited->other = eventfd_id(pid, number);
	} else if (is_timer(link) && is_disarmed_timer(pid, number)) {
		awaited->kind = DESCRIPTOR_TIMER;
		awaited->other = 1;
	} else if ((inode = inode_in(link, "pipe"))) {
		awaited->kind = DESCRIPTOR_PIPE;
		awaited->other = inode;
	} else if ((inode = inode_in(link, "socket")) && sockets_peer(inode, &awaited->other)) {
		awaited->kind = DESCRIPTOR_SOCKET;
	}
	return awaited->kind && awaited->other;
}

static bool add_awaited(pid_t pid, int number, struct descriptor_wait *wait)
{
	return wait->count < DESCRIPTORS_AWAITED &&
	       classify(pid, number, &wait->list[wait->count]) && ++wait->count;
}

/* --- sets -------------------------------------------------------------------------- */

static bool find_polled(pid_t pid, uint64_t address, uint64_t count, struct descriptor_wait *wait)
{
	static struct pollfd set[SET_MAX];
	size_t size = (size_t)count * sizeof(*set);

	if (!count || count > SET_MAX || stop_read(pid, address, set, size) != size)
		return false;
	for (uint64_t i = 0; i < count; i++) {
		if (set[i].fd < 0)
			continue;
		if (set[i].events & ~(POLL_READS | POLL_ALWAYS) ||
		    !add_awaited(pid, set[i].fd, wait))
			return false;
	}
	return true;
}

static bool read_set(pid_t pid, uint64_t address, uint64_t count, fd_set *set)
{
	size_t size = (size_t)(count + 63) / 64 * 8;

	memset(set, 0, sizeof(*set));
	return !address || stop_read(pid, address, set, size) == size;
}

static bool find_selected(pid_t pid, const uint64_t *a, struct descriptor_wait *wait)
{
	fd_set reads, writes, exceptions;
	uint64_t count = a[0];

	if (!count || count > FD_SETSIZE || !read_set(pid, a[1], count, &reads) ||
	    !read_set(pid, a[2], count, &writes) || !read_set(pid, a[3], count, &exceptions))
		return false;
	for (int i = 0; i < (int)count; i++) {
		if (FD_ISSET(i, &writes))
			return false;
		if ((FD_ISSET(i, &reads) || FD_ISSET(i, &exceptions)) && !add_awaited(pid, i, wait))
			return false;
	}
	return true;
}

/* Its number may be another file's by now: the set goes on with the one that it was. */
static bool is_still(pid_t pid, int number, const char *line)
{
	const char *end = strchr(line, '\n'), *inode = strstr(line, " ino:");
	struct stat status;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, number);
	return inode && (!end || inode < end) && stat(path, &status) == 0 &&
	       strtoull(inode + strlen(" ino:"), NULL, 16) == status.st_ino;
}

/* "tfd:        5 events:       19 data:                5  pos:0 ino:2d sdev:e" */
static bool find_one_in_set(pid_t pid, const char *line, struct descriptor_wait *wait)
{
	unsigned events;
	int number;

	if (sscanf(line, "tfd: %d events: %x", &number, &events) != 2)
		return false;
	/* It has told once, and is to be asked for again. */
	if (!(events & ~(unsigned)(EPOLL_WAYS | EPOLLERR | EPOLLHUP)))
		return events & EPOLLONESHOT && is_still(pid, number, line);
	return !(events & ~(unsigned)(EPOLL_READS | EPOLL_WAYS | EPOLLERR | EPOLLHUP)) &&
	       is_still(pid, number, line) && add_awaited(pid, number, wait);
}

static bool find_in_set(pid_t pid, int epoll, struct descriptor_wait *wait)
{
	static char text[NOTES_MAX];
	const char *line = text;

	wait->epoll = epoll;
	if (!read_notes(pid, epoll, text))
		return false;
	while ((line = strstr(line, "tfd:"))) {
		if (!find_one_in_set(pid, line, wait))
			return false;
		line++;
	}
	return true;
}

/* SO_RCVTIMEO: /proc does not show it, so the socket itself is asked. */
static bool descriptor_wait_has_limit(pid_t pid, int descriptor)
{
	int process = (int)syscall(SYS_pidfd_open, pid, 0);
	int copy = process < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, process, descriptor, 0);
	struct timeval limit = {0};
	socklen_t length = sizeof(limit);
	bool has = copy < 0 || getsockopt(copy, SOL_SOCKET, SO_RCVTIMEO, &limit, &length) != 0 ||
		   limit.tv_sec || limit.tv_usec;

	if (copy >= 0)
		close(copy);
	if (process >= 0)
		close(process);
	return has;
}

static bool find_read(pid_t pid, int descriptor, struct descriptor_wait *wait)
{
	return add_awaited(pid, descriptor, wait) && (wait->list[0].kind != DESCRIPTOR_SOCKET ||
						      !descriptor_wait_has_limit(pid, descriptor));
}

static bool find_awaited(pid_t pid, const struct task_look *task, struct descriptor_wait *wait)
{
	const uint64_t *a = task->arguments;

	switch (task->number) {
	case ARCH_CALL_POLL:
	case SYS_ppoll:
		return find_polled(pid, a[0], a[1], wait);
	case ARCH_CALL_SELECT:
	case SYS_pselect6:
		return find_selected(pid, a, wait);
	case ARCH_CALL_EPOLL_WAIT:
	case SYS_epoll_pwait:
	case CALL_EPOLL_PWAIT2:
		return find_in_set(pid, (int)a[0], wait);
	default:
		return find_read(pid, (int)a[0], wait);
	}
}

/* Who tells of it takes the first one: nobody waits for a timer that does not run. False where
 * there is no other. */
static bool begin_with_other(struct descriptor_wait *wait)
{
	for (size_t i = 0; i < wait->count; i++) {
		struct awaited_descriptor other = wait->list[i];

		if (other.kind == DESCRIPTOR_TIMER)
			continue;
		wait->list[i] = wait->list[0];
		wait->list[0] = other;
		return true;
	}
	return false;
}

bool descriptor_wait_find(pid_t pid, const struct task_look *task, struct descriptor_wait *wait)
{
	*wait = (struct descriptor_wait){.pid = pid, .epoll = -1};
	return !core_is(pid) && descriptor_wait_is_untimed(task) && find_awaited(pid, task, wait) &&
	       begin_with_other(wait);
}

bool descriptor_wait_add_eventfd(pid_t pid, int number, struct descriptor_wait *wait)
{
	struct awaited_descriptor awaited;

	if (wait->count == DESCRIPTORS_AWAITED || !classify(pid, number, &awaited) ||
	    awaited.kind != DESCRIPTOR_EVENTFD)
		return false;
	wait->list[wait->count++] = awaited;
	return true;
}

/* --- the other ends ---------------------------------------------------------------- */

static bool may_be_written(pid_t pid, int descriptor)
{
	const char *flags =
		read_notes(pid, descriptor, one_text) ? strstr(one_text, "flags:\t") : NULL;

	return flags && (strtol(flags + strlen("flags:\t"), NULL, 8) & O_ACCMODE) != O_RDONLY;
}

/* What cannot be asked may be the same. */
static bool is_same_file(pid_t pid, int number, pid_t other, int other_number)
{
	return syscall(SYS_kcmp, pid, other, KCMP_FILE, number, other_number) <= 0;
}

static bool is_writer_of(pid_t pid, int number, const char *link,
			 const struct descriptor_wait *wait, size_t index)
{
	const struct awaited_descriptor *awaited = &wait->list[index];

	switch (awaited->kind) {
	case DESCRIPTOR_EVENTFD:
		return is_eventfd(link) && eventfd_id(pid, number) == awaited->other;
	case DESCRIPTOR_PIPE:
		return inode_in(link, "pipe") == awaited->other && may_be_written(pid, number);
	case DESCRIPTOR_SOCKET:
		return inode_in(link, "socket") == awaited->other;
	case DESCRIPTOR_TIMER:
		return is_timer(link) && is_same_file(pid, number, wait->pid, awaited->number);
	default:
		return false;
	}
}

bool descriptor_wait_each_writer(pid_t pid, const struct descriptor_wait *wait,
				 void (*visit)(size_t index, int number, void *data), void *data)
{
	char path[64], link[64];
	const struct dirent *entry;
	DIR *directory;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	directory = opendir(path);
	while (directory && (entry = readdir(directory))) {
		int number = atoi(entry->d_name);

		if (entry->d_name[0] == '.' || !descriptor_wait_link(pid, number, link))
			continue;
		for (size_t i = 0; i < wait->count; i++)
			if (is_writer_of(pid, number, link, wait, i))
				visit(i, number, data);
	}
	if (directory)
		closedir(directory);
	return directory != NULL;
}

/* The kernel says of a socket of this machine how many wait in it: since 5.18, or not at all. */
bool descriptor_wait_knows_messages(void)
{
	static enum { UNASKED, TELLS, IS_SILENT } answer;
	int ends[2];

	if (answer != UNASKED || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return answer == TELLS;
	answer = read_notes(getpid(), ends[0], one_text) && strstr(one_text, "scm_fds:")
			 ? TELLS
			 : IS_SILENT;
	close(ends[0]);
	close(ends[1]);
	return answer == TELLS;
}

bool descriptor_wait_any_on_way(pid_t pid)
{
	char path[64], link[64];
	const struct dirent *entry;
	bool any = false;
	DIR *directory;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	directory = opendir(path);
	while (directory && !any && (entry = readdir(directory))) {
		int number = atoi(entry->d_name);
		const char *count;

		if (entry->d_name[0] == '.' || !descriptor_wait_link(pid, number, link) ||
		    !inode_in(link, "socket") || !read_notes(pid, number, one_text))
			continue;
		count = strstr(one_text, "scm_fds:");
		any = count && strtol(count + strlen("scm_fds:"), NULL, 10) > 0;
	}
	if (directory)
		closedir(directory);
	return any;
}
