/*
 * Who has the other end of what a task waits for is read from links and notes of descriptors.
 * They may change at any read: who asks looks twice at processes that have not run in between.
 */
#include "holders.h"
#include "core_file.h"
#include "sockets.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOTES_MAX    4096
#define CHILDREN_MAX 65536

static ssize_t holders_read_at(int directory, const char *name, char *text, size_t capacity)
{
	int descriptor = openat(directory, name, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	if (descriptor < 0)
		return -1;
	length = read(descriptor, text, capacity - 1);
	close(descriptor);
	text[length > 0 ? length : 0] = '\0';
	return length;
}

/* "pipe:[81236]" */
static bool is_inode(const char *link, const char *kind, uint64_t *inode)
{
	size_t length = strlen(kind);

	if (strncmp(link, kind, length) != 0 || strncmp(link + length, ":[", 2) != 0)
		return false;
	*inode = strtoull(link + length + 2, NULL, 10);
	return *inode != 0;
}

static bool read_link(pid_t pid, int descriptor, char link[64])
{
	char path[64];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, descriptor);
	length = readlink(path, link, 63);
	link[length > 0 ? length : 0] = '\0';
	return length > 0;
}

/* SO_RCVTIMEO, SO_SNDTIMEO: /proc does not show them, so the socket itself is asked. */
static bool has_time_limit(pid_t pid, int descriptor, bool writes)
{
	int process = (int)syscall(SYS_pidfd_open, pid, 0);
	int copy = process < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, process, descriptor, 0);
	struct timeval limit = {0};
	socklen_t length = sizeof(limit);
	bool has = true;

	if (copy >= 0 &&
	    getsockopt(copy, SOL_SOCKET, writes ? SO_SNDTIMEO : SO_RCVTIMEO, &limit, &length) == 0)
		has = limit.tv_sec || limit.tv_usec;
	if (copy >= 0)
		close(copy);
	if (process >= 0)
		close(process);
	return has;
}

static void classify_descriptor(pid_t pid, const struct task_look *task, struct process_wait *wait,
				bool writes)
{
	char link[64];

	wait->descriptor = (int)task->arguments[0];
	if (!read_link(pid, wait->descriptor, link))
		return;
	if (is_inode(link, "pipe", &wait->inode))
		wait->kind = writes ? AWAITED_ROOM : AWAITED_DATA;
	else if (is_inode(link, "socket", &wait->inode) && sockets_peer(wait->inode, &wait->peer) &&
		 !has_time_limit(pid, wait->descriptor, writes))
		wait->kind = writes ? AWAITED_RECEIVER : AWAITED_MESSAGE;
}

static void classify_lock(pid_t pid, const struct task_look *task, struct process_wait *wait)
{
	char path[64];
	struct stat status;

	wait->descriptor = (int)task->arguments[0];
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, wait->descriptor);
	if (stat(path, &status))
		return;
	wait->kind = AWAITED_LOCK;
	wait->device = status.st_dev;
	wait->inode = status.st_ino;
}

static void classify_futex(pid_t pid, const struct task_look *task, struct process_wait *wait)
{
	struct mapping mapping;

	if (!procfs_is_untimed_futex_wait(task) || !maps_find(pid, task->arguments[0], &mapping))
		return;
	wait->kind = AWAITED_OWN;
	if (!procfs_is_private_wait(task) &&
	    (mapping.shared || (mapping.inode && !mapping.writable)))
		wait->kind = AWAITED_MEMORY;
	wait->address = task->arguments[0];
	wait->offset = mapping.offset + (wait->address - mapping.start);
	wait->inode = mapping.inode;
	wait->major = mapping.major;
	wait->minor = mapping.minor;
	wait->is_named = maps_is_named(pid, &mapping);
}

static void classify_child(const struct task_look *task, struct process_wait *wait, bool one,
			   uint64_t child, uint64_t options)
{
	if (!task->in_call || options & WNOHANG)
		return;
	wait->kind = AWAITED_CHILD;
	wait->child = one ? (pid_t)child : 0;
}

struct process_wait holders_classify(pid_t pid, const struct task_look *task)
{
	struct process_wait wait = {.tid = task->tid, .call = task->number, .descriptor = -1};
	const uint64_t *a = task->arguments;

	if (!task->in_call || task->state != 'S')
		return wait;
	switch (task->number) {
	case SYS_wait4:
		classify_child(task, &wait, (pid_t)a[0] > 0, a[0], a[2]);
		break;
	case SYS_waitid:
		classify_child(task, &wait, a[0] == P_PID, a[1], a[3]);
		break;
	case SYS_read:
	case SYS_readv:
	case SYS_recvfrom:
	case SYS_recvmsg:
		classify_descriptor(pid, task, &wait, false);
		break;
	case SYS_write:
	case SYS_writev:
	case SYS_sendto:
	case SYS_sendmsg:
		classify_descriptor(pid, task, &wait, true);
		break;
	case SYS_futex:
		classify_futex(pid, task, &wait);
		break;
	case SYS_flock:
		classify_lock(pid, task, &wait);
		break;
	case SYS_fcntl:
		if (a[1] == F_SETLKW || a[1] == F_OFD_SETLKW)
			classify_lock(pid, task, &wait);
		break;
	}
	/* Children, and who has the memory in common, are numbers of another time. */
	if (core_is(pid) && wait.kind != AWAITED_OWN)
		wait.kind = AWAITED_UNKNOWN;
	return wait;
}

/* A write that is interrupted returns what it has written so far, and a recv
 * with MSG_WAITALL what it has got; all other waits begin again. */
bool holders_is_in_transfer(const struct task_look *task)
{
	switch (task->number) {
	case SYS_write:
	case SYS_writev:
	case SYS_sendto:
	case SYS_sendmsg:
	case SYS_recvfrom:
	case SYS_recvmsg:
		return task->in_call;
	default:
		return false;
	}
}

/* --- who holds it ---------------------------------------------------------- */

struct inquiry {
	const struct process_wait *waits;
	size_t count;
	bool *can;
	int notes; /* /proc/PID/fdinfo */
	bool asks_locks, asks_memory;
	bool failed;
};

/* O_RDONLY, O_WRONLY or O_RDWR; -1: it is gone, or cannot be told. */
static int access_mode(struct inquiry *inquiry, const char *name)
{
	char text[NOTES_MAX];
	const char *flags;

	if (holders_read_at(inquiry->notes, name, text, sizeof(text)) <= 0) {
		inquiry->failed |= errno != ENOENT;
		return -1;
	}
	flags = strstr(text, "flags:\t");
	inquiry->failed |= !flags;
	return flags ? (int)(strtol(flags + strlen("flags:\t"), NULL, 8) & O_ACCMODE) : -1;
}

static void ask_pipe(struct inquiry *inquiry, const char *name, uint64_t inode)
{
	bool is_known = false;
	int mode = -1;

	for (size_t i = 0; i < inquiry->count; i++) {
		const struct process_wait *wait = &inquiry->waits[i];
		bool reads = wait->kind == AWAITED_ROOM;

		if ((!reads && wait->kind != AWAITED_DATA) || wait->inode != inode)
			continue;
		/* Many may wait for one pipe: its notes are read once. */
		if (!is_known)
			mode = access_mode(inquiry, name);
		is_known = true;
		inquiry->can[i] |= mode == O_RDWR || mode == (reads ? O_RDONLY : O_WRONLY);
	}
}

/* Who has the same end could shut the connection down. */
static void ask_socket(struct inquiry *inquiry, uint64_t inode)
{
	for (size_t i = 0; i < inquiry->count; i++) {
		const struct process_wait *wait = &inquiry->waits[i];

		if ((wait->kind == AWAITED_MESSAGE || wait->kind == AWAITED_RECEIVER) &&
		    (wait->inode == inode || wait->peer == inode))
			inquiry->can[i] = true;
	}
}

/* A descriptor whose open file has a lock says so in its notes. */
static void ask_lock(struct inquiry *inquiry, int directory, const char *name)
{
	struct stat status;
	char text[NOTES_MAX];

	if (!inquiry->asks_locks || fstatat(directory, name, &status, 0))
		return;
	for (size_t i = 0; i < inquiry->count; i++) {
		const struct process_wait *wait = &inquiry->waits[i];

		if (wait->kind != AWAITED_LOCK || wait->inode != status.st_ino ||
		    wait->device != status.st_dev)
			continue;
		if (holders_read_at(inquiry->notes, name, text, sizeof(text)) > 0)
			inquiry->can[i] |= strstr(text, "\nlock:\t") != NULL;
		else
			inquiry->failed = true;
	}
}

/* What a descriptor is of can be mapped again. */
static void holders_ask_memory(struct inquiry *inquiry, int directory, const char *name)
{
	struct stat status;

	if (!inquiry->asks_memory || fstatat(directory, name, &status, 0))
		return;
	for (size_t i = 0; i < inquiry->count; i++)
		if (inquiry->waits[i].kind == AWAITED_MEMORY &&
		    inquiry->waits[i].inode == status.st_ino)
			inquiry->can[i] = true;
}

static void ask_descriptor(struct inquiry *inquiry, int directory, const char *name)
{
	char link[64];
	ssize_t length = readlinkat(directory, name, link, sizeof(link) - 1);
	uint64_t inode;

	if (length <= 0) {
		inquiry->failed |= errno != ENOENT;
		return;
	}
	link[length] = '\0';
	if (is_inode(link, "pipe", &inode))
		ask_pipe(inquiry, name, inode);
	else if (is_inode(link, "socket", &inode))
		ask_socket(inquiry, inode);
	else if (link[0] == '/') {
		ask_lock(inquiry, directory, name);
		holders_ask_memory(inquiry, directory, name);
	}
}

static bool ask_mapping(const struct mapping *mapping, void *data)
{
	struct inquiry *inquiry = data;

	for (size_t i = 0; mapping->shared && i < inquiry->count; i++) {
		const struct process_wait *wait = &inquiry->waits[i];

		if (wait->kind == AWAITED_MEMORY && wait->inode == mapping->inode &&
		    wait->major == mapping->major && wait->minor == mapping->minor)
			inquiry->can[i] = true;
	}
	return true;
}

static bool holders_ask_descriptors(struct inquiry *inquiry, pid_t pid)
{
	char path[64];
	DIR *directory;
	const struct dirent *entry;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo", pid);
	inquiry->notes = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	directory = inquiry->notes < 0 ? NULL : opendir(path);
	while (directory && (entry = readdir(directory)))
		if (entry->d_name[0] != '.')
			ask_descriptor(inquiry, dirfd(directory), entry->d_name);
	if (inquiry->notes >= 0)
		close(inquiry->notes);
	if (directory)
		closedir(directory);
	return directory && !inquiry->failed;
}

bool holders_ask(pid_t pid, const struct process_wait *waits, size_t count, bool *can)
{
	struct inquiry inquiry = {.waits = waits, .count = count, .can = can};
	bool asks_descriptors = false;

	for (size_t i = 0; i < count; i++) {
		inquiry.asks_memory |= waits[i].kind == AWAITED_MEMORY;
		inquiry.asks_locks |= waits[i].kind == AWAITED_LOCK;
		asks_descriptors |= waits[i].kind > AWAITED_CHILD;
	}
	if (asks_descriptors && !holders_ask_descriptors(&inquiry, pid))
		return maps_is_without_memory(pid);
	return !inquiry.asks_memory || maps_each(pid, ask_mapping, &inquiry) ||
	       maps_is_without_memory(pid);
}

/* "12: FLOCK  ADVISORY  WRITE 4190 fe:00:11165854 0 EOF"; numbers of devices may
 * differ from those of stat(), so that of the file must do. */
static bool holders_has_lock(pid_t pid, uint64_t inode)
{
	FILE *stream = fopen("/proc/locks", "re");
	char line[256];
	bool found = !stream;

	while (!found && stream && fgets(line, sizeof(line), stream)) {
		unsigned long long number;
		int owner;

		found = sscanf(line, "%*s %*s %*s %*s %d %*x:%*x:%llu", &owner, &number) == 2 &&
			owner == pid && number == inode;
	}
	if (stream)
		fclose(stream);
	return found;
}

bool holders_may_be_stranger(pid_t pid, const struct process_wait *waits, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (waits[i].is_named ||
		    (waits[i].kind == AWAITED_LOCK && holders_has_lock(pid, waits[i].inode)))
			return true;
	return false;
}

bool holders_each_child(pid_t pid, const struct process_look *look,
			void (*visit)(pid_t child, void *data), void *data)
{
	static char text[CHILDREN_MAX];
	char path[64];

	for (size_t i = 0; i < look->count; i++) {
		ssize_t length;
		char *at = text;

		snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, look->tasks[i].tid);
		length = holders_read_at(AT_FDCWD, path, text, sizeof(text));
		/* A full buffer may have been cut. */
		if (length < 0 || length == (ssize_t)sizeof(text) - 1)
			return false;
		for (char *end; strtol(at, &end, 10) > 0; at = end)
			visit((pid_t)strtol(at, NULL, 10), data);
	}
	return true;
}

bool holders_has_same_file(pid_t pid, pid_t other, int descriptor)
{
	return syscall(SYS_kcmp, pid, other, KCMP_FILE, descriptor, descriptor) == 0;
}

/* As if somebody waited for what is written there: who can read it? */
bool holders_reads_itself(pid_t pid, int descriptor)
{
	struct process_wait wait = {.kind = AWAITED_UNKNOWN};
	char link[64];
	bool can = false;

	if (!read_link(pid, descriptor, link))
		return false;
	if (strcmp(link, "anon_inode:[eventfd]") == 0)
		return true;
	if (is_inode(link, "pipe", &wait.inode))
		wait.kind = AWAITED_ROOM;
	else if (is_inode(link, "socket", &wait.inode) && sockets_peer(wait.inode, &wait.peer)) {
		wait.kind = AWAITED_RECEIVER;
		/* Its own end is no answer. */
		wait.inode = wait.peer;
	}
	return wait.kind != AWAITED_UNKNOWN && holders_ask(pid, &wait, 1, &can) && can;
}
