/*
 * What the kernel would refuse is asked for here before a process is looked at, and why it did so
 * is found out: ptrace(2), "Ptrace access mode checking". A refusal has many reasons and one errno.
 */
#include "refusal.h"
#include "process/core_file.h"
#include "process/memory_map.h"
#include "process/procfs.h"
#include "process/stop.h"
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define YAMA             "/proc/sys/kernel/yama/ptrace_scope"
#define CAP_SYS_PTRACE   19
#define TO_PTRACE        "run forkcheck as root, or with CAP_SYS_PTRACE"
#define TO_PTRACE_DOCKER "in a container: docker run --cap-add=SYS_PTRACE"

static bool read_line(const char *path, char *text, size_t capacity)
{
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = descriptor >= 0 ? read(descriptor, text, capacity - 1) : -1;

	if (descriptor >= 0)
		close(descriptor);
	text[length > 0 ? length : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return length > 0;
}

/* The user whose process it is; false where that is the caller, or it is gone. */
static bool is_of_another(pid_t pid, char *user, size_t capacity)
{
	char path[64], status[4096];
	unsigned uid = 0;
	const char *line;
	const struct passwd *entry;
	int descriptor;
	ssize_t length;

	/* The folder in /proc belongs to root where the process is not dumpable. */
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	descriptor = open(path, O_RDONLY | O_CLOEXEC);
	length = descriptor >= 0 ? read(descriptor, status, sizeof(status) - 1) : -1;
	if (descriptor >= 0)
		close(descriptor);
	status[length > 0 ? length : 0] = '\0';
	line = strstr(status, "\nUid:\t");
	if (!line || sscanf(line, "\nUid:\t%u", &uid) != 1 || uid == geteuid())
		return false;
	entry = getpwuid(uid);
	if (entry)
		snprintf(user, capacity, "%s", entry->pw_name);
	else
		snprintf(user, capacity, "%u", uid);
	return true;
}

static bool may_trace_anybody(void)
{
	char text[4096];
	unsigned long long effective = 0;
	int descriptor = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	ssize_t length = descriptor >= 0 ? read(descriptor, text, sizeof(text) - 1) : -1;
	const char *line;

	if (descriptor >= 0)
		close(descriptor);
	text[length > 0 ? length : 0] = '\0';
	line = strstr(text, "\nCapEff:\t");
	return line && sscanf(line, "\nCapEff:\t%llx", &effective) == 1 &&
	       effective >> CAP_SYS_PTRACE & 1;
}

/* A filter of system calls, as a container has it, refuses what a process may do to itself. */
static bool is_filtered(void)
{
	char byte = 0, copy;
	struct iovec local = {&copy, 1}, remote = {&byte, 1};

	return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) != 1;
}

static void say_refused(pid_t pid, char *text, size_t capacity)
{
	char user[64], scope[16] = "";

	read_line(YAMA, scope, sizeof(scope));
	if (is_filtered())
		snprintf(text, capacity,
			 "a filter of system calls forbids process_vm_readv(); %s, or "
			 "--security-opt seccomp=unconfined",
			 TO_PTRACE_DOCKER);
	else if (is_of_another(pid, user, sizeof(user)) && !may_trace_anybody())
		snprintf(text, capacity, "it belongs to user %s; run forkcheck as %s%s", user, user,
			 strcmp(user, "root") == 0 ? "" : " or as root");
	else if (*scope >= '3')
		snprintf(text, capacity,
			 YAMA
			 " is %s, which forbids it to everybody until the next boot; look at a "
			 "core file: forkcheck attach --core=FILE",
			 scope);
	else if (!may_trace_anybody() && *scope == '2')
		snprintf(text, capacity, YAMA " is 2; " TO_PTRACE);
	else if (!may_trace_anybody() && *scope == '1')
		snprintf(text, capacity,
			 YAMA " is 1 and it is no child of forkcheck's; " TO_PTRACE
			      ", or: sysctl kernel.yama.ptrace_scope=0");
	else if (may_trace_anybody())
		snprintf(text, capacity,
			 "the kernel refuses it; is it in another user namespace? %s",
			 TO_PTRACE_DOCKER ", or run forkcheck on the host");
	else
		snprintf(text, capacity,
			 "the kernel refuses it (set-user-id, not dumpable, or with capabilities "
			 "that forkcheck has not); %s",
			 TO_PTRACE);
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
	if (!read_line("/proc/self/exe", (char *)own, sizeof(own)) ||
	    !read_line(path, (char *)head, sizeof(head)) || memcmp(head, own, 5) == 0)
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

static bool has_ended(pid_t pid, char *text, size_t capacity)
{
	char state = procfs_state(pid);

	if (!state && access("/proc/self/stat", R_OK) != 0)
		snprintf(text, capacity, "/proc is not mounted");
	else if (!state)
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
	if (core_is(pid) || read_line(path, line, sizeof(line)) || errno == ESRCH)
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

	if (has_ended(pid, text, capacity) || is_traced(pid, text, capacity))
		return true;
	if (!maps_each(pid, probe_mapping, &probe) || !probe.is_read) {
		say_refused(pid, text, capacity);
		return true;
	}
	return hides_its_calls(pid, text, capacity) || is_foreign(pid, text, capacity);
}
