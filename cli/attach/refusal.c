/*
 * What the kernel would refuse is asked for here before a process is looked at, and why it did so
 * is found out: ptrace(2), "Ptrace access mode checking". A refusal has many reasons and one errno.
 */
#include "refusal.h"
#include "process/core_file.h"
#include "process/memory_map.h"
#include "process/procfs.h"
#include "process/stop.h"
#include "refusal_words.h"
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <unistd.h>

#define YAMA           "/proc/sys/kernel/yama/ptrace_scope"
#define CAP_SYS_PTRACE 19
#define STATUS_MAX     8192

static bool read_text(const char *path, char *text, size_t capacity)
{
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = descriptor >= 0 ? read(descriptor, text, capacity - 1) : -1;

	if (descriptor >= 0)
		close(descriptor);
	text[length > 0 ? length : 0] = '\0';
	return length > 0;
}

/* Numbers in /proc/PID/status; 0 where they are not there. */
static uint64_t number_behind(const char *status, const char *name, int base)
{
	const char *line = strstr(status, name);

	return line ? strtoull(line + strlen(name), NULL, base) : 0;
}

static const char *user_of(uid_t uid, char *text, size_t capacity)
{
	struct passwd space, *entry = NULL;
	char names[4096];

	if (getpwuid_r(uid, &space, names, sizeof(names), &entry) == 0 && entry)
		snprintf(text, capacity, "%s", entry->pw_name);
	else
		snprintf(text, capacity, "%u", uid);
	return text;
}

/* Files of a process in /proc belong to root where the process is not dumpable. */
static bool is_undumpable(pid_t pid, uid_t uid)
{
	char path[64];
	struct stat file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	return stat(path, &file) == 0 && file.st_uid != uid;
}

/* A filter of system calls, as a container has it, refuses what a process may do to itself. */
static bool is_filtered(void)
{
	char byte = 1, copy = 0;

	return stop_read(getpid(), (uintptr_t)&byte, &copy, 1) != 1;
}

/* Namespaces of users differ where their maps do; the namespace itself may not be asked for. */
static bool has_other_users(pid_t pid)
{
	char path[64], own[512], others[512];

	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	return read_text("/proc/self/uid_map", own, sizeof(own)) &&
	       read_text(path, others, sizeof(others)) && strcmp(own, others) != 0;
}

static void say_refused(pid_t pid, char *text, size_t capacity)
{
	struct refusal_facts facts = {.is_root = geteuid() == 0, .is_filtered = is_filtered()};
	char path[64], own[STATUS_MAX], status[STATUS_MAX], user[64], scope[16];
	uid_t uid;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	read_text("/proc/self/status", own, sizeof(own));
	if (read_text(path, status, sizeof(status))) {
		uid = (uid_t)number_behind(status, "\nUid:\t", 10);
		facts.user = uid != geteuid() ? user_of(uid, user, sizeof(user)) : NULL;
		facts.is_undumpable = is_undumpable(pid, uid);
		facts.has_more_rights = number_behind(status, "\nCapPrm:\t", 16) &
					~number_behind(own, "\nCapPrm:\t", 16);
	}
	facts.may_trace = number_behind(own, "\nCapEff:\t", 16) >> CAP_SYS_PTRACE & 1;
	facts.has_other_users = has_other_users(pid);
	facts.scope = read_text(YAMA, scope, sizeof(scope)) ? scope[0] : '\0';
	refusal_put_words(&facts, text, capacity);
}

struct probe {
	pid_t pid;
	bool is_read, is_any;
};

static bool probe_mapping(const struct mapping *mapping, void *data)
{
	struct probe *probe = data;
	uint64_t word;

	if (mapping->path[0] == '[' && mapping->path[1] == 'v')
		return true;
	probe->is_any = true;
	probe->is_read = stop_read(probe->pid, mapping->start, &word, sizeof(word)) > 0;
	return !probe->is_read;
}

/* The program's header tells whether it is one of this machine's. */
static bool is_foreign(pid_t pid, char *text, size_t capacity)
{
	unsigned char head[20] = {0}, own[20] = {0};
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	if (!read_text("/proc/self/exe", (char *)own, sizeof(own)) ||
	    !read_text(path, (char *)head, sizeof(head)) || memcmp(head, own, 5) == 0)
		return false;
	snprintf(text, capacity, "it is a program for another kind of machine (32-bit?)");
	return true;
}

static bool is_traced(pid_t pid, char *text, size_t capacity)
{
	pid_t tracer = procfs_tracer(pid);
	char name[16];

	if (!tracer)
		return false;
	procfs_name(tracer, tracer, name, sizeof(name));
	snprintf(text, capacity, "process %d (%s) traces it already; detach that first", tracer,
		 name);
	return true;
}

/* In a PID namespace without a /proc of its own, numbers there are those of others. */
static bool is_misleading(char *text, size_t capacity)
{
	char number[32];
	ssize_t length = readlink("/proc/self", number, sizeof(number) - 1);

	number[length > 0 ? length : 0] = '\0';
	if (length <= 0)
		snprintf(text, capacity, "/proc is not mounted here: mount -t proc proc /proc");
	else if (atoi(number) != getpid())
		snprintf(text, capacity,
			 "/proc is that of another PID namespace, with other numbers; run "
			 "forkcheck there, or: mount -t proc proc /proc (unshare --mount-proc)");
	else
		return false;
	return true;
}

static bool has_ended(pid_t pid, char *text, size_t capacity)
{
	char state = procfs_state(pid);

	if (!state)
		snprintf(text, capacity,
			 "there is no such process, or /proc hides it (mount option hidepid)");
	else if (state == 'Z' || state == 'X')
		snprintf(text, capacity,
			 "it has ended, and its parent %d has not waited for it yet",
			 procfs_parent(pid));
	else if (maps_is_without_memory(pid) && (pid == 2 || procfs_parent(pid) == 2))
		snprintf(text, capacity, "it is a thread of the kernel's");
	else
		return false;
	return true;
}

/* CAP_SYS_PTRACE opens the memory of another user's process, and no file of its in /proc. */
static bool hides_its_calls(pid_t pid, char *text, size_t capacity)
{
	char path[64], line[256];

	snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
	if (core_is(pid) || read_text(path, line, sizeof(line)) || errno == ESRCH)
		return false;
	snprintf(text, capacity,
		 "what it waits in may not be read (%s: %s); run forkcheck as its user, or with "
		 "CAP_DAC_READ_SEARCH too",
		 path, strerror(errno));
	return true;
}

bool refusal_find(pid_t pid, char *text, size_t capacity)
{
	struct probe probe = {.pid = pid};

	if (!core_is(pid) && is_misleading(text, capacity))
		return true;
	if (pid == getpid()) {
		snprintf(text, capacity, "it is forkcheck itself");
		return true;
	}
	if (has_ended(pid, text, capacity) || is_traced(pid, text, capacity))
		return true;
	if (!maps_each(pid, probe_mapping, &probe) || !probe.is_read) {
		say_refused(pid, text, capacity);
		return true;
	}
	return hides_its_calls(pid, text, capacity) || is_foreign(pid, text, capacity);
}

bool refusal_find_filter(char *text, size_t capacity)
{
	/* Of no task: a call that is made fails with ESRCH. */
	bool has_ptrace = ptrace(PTRACE_DETACH, 0, NULL, NULL) == 0 || errno == ESRCH;

	if (has_ptrace && procfs_tells_sharers())
		return false;
	refusal_put_filter(has_ptrace ? "kcmp()" : "ptrace()", text, capacity);
	return true;
}
