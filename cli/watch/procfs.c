/* Parses /proc/PID/task. Every field may be missing: the task may end at any read. */
#include "procfs.h"
#include <dirent.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static ssize_t read_file(const char *path, char *buffer, size_t capacity)
{
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	if (descriptor < 0)
		return -1;
	length = read(descriptor, buffer, capacity - 1);
	close(descriptor);
	if (length >= 0)
		buffer[length] = '\0';
	return length;
}

/* "202 0x7f.. 0x80 0x2 0x0 0x0 0x0 0x7ffc.. 0x7f..", or "running", or "-1 sp pc". */
static bool read_call(pid_t pid, struct task_look *task)
{
	char path[64], text[256];
	uint64_t *a = task->arguments;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/syscall", pid, task->tid);
	if (read_file(path, text, sizeof(text)) <= 0)
		return false;
	task->in_call = sscanf(text, "%ld %lx %lx %lx %lx %lx %lx %lx %lx", &task->number, &a[0],
			       &a[1], &a[2], &a[3], &a[4], &a[5], &task->sp, &task->pc) == 9;
	return true;
}

static bool read_switches(pid_t pid, struct task_look *task)
{
	char path[64], text[8192];
	const char *voluntary, *involuntary;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/status", pid, task->tid);
	if (read_file(path, text, sizeof(text)) <= 0)
		return false;
	voluntary = strstr(text, "\nvoluntary_ctxt_switches:");
	involuntary = strstr(text, "\nnonvoluntary_ctxt_switches:");
	if (!voluntary || !involuntary)
		return false;
	task->switches = strtoull(strchr(voluntary, ':') + 1, NULL, 10) +
			 strtoull(strchr(involuntary, ':') + 1, NULL, 10);
	return true;
}

static void look_at_task(pid_t pid, pid_t tid, struct process_look *look)
{
	struct task_look *task;

	if (look->count == TASKS_MAX) {
		look->complete = false;
		return;
	}
	task = &look->tasks[look->count++];
	memset(task, 0, sizeof(*task));
	task->tid = tid;
	if (!read_call(pid, task) || !read_switches(pid, task))
		look->complete = false;
}

bool procfs_look(pid_t pid, struct process_look *look)
{
	char path[64];
	DIR *tasks;
	const struct dirent *entry;

	look->count = 0;
	look->complete = true;
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	tasks = opendir(path);
	if (!tasks)
		return false;
	while ((entry = readdir(tasks)))
		if (atoi(entry->d_name) > 0)
			look_at_task(pid, atoi(entry->d_name), look);
	closedir(tasks);
	return look->count > 0;
}

static bool same_task(const struct task_look *one, const struct task_look *other)
{
	return one->tid == other->tid && one->in_call == other->in_call &&
	       one->number == other->number && one->sp == other->sp && one->pc == other->pc &&
	       one->switches == other->switches &&
	       memcmp(one->arguments, other->arguments, sizeof(one->arguments)) == 0;
}

bool procfs_same(const struct process_look *one, const struct process_look *other)
{
	if (one->count != other->count || !one->complete || !other->complete)
		return false;
	for (size_t i = 0; i < one->count; i++)
		if (!same_task(&one->tasks[i], &other->tasks[i]))
			return false;
	return true;
}

bool procfs_is_untimed_futex_wait(const struct task_look *task)
{
	uint64_t command = task->arguments[1] & (uint64_t)FUTEX_CMD_MASK;

	return task->in_call && task->number == SYS_futex &&
	       (command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET || command == FUTEX_LOCK_PI ||
		command == FUTEX_LOCK_PI2) &&
	       task->arguments[3] == 0;
}

uint64_t procfs_start_time(pid_t pid)
{
	char path[64], text[1024];
	const char *field;
	unsigned long long ticks;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (read_file(path, text, sizeof(text)) <= 0)
		return 0;
	/* The name may contain anything, blanks and parentheses included. */
	field = strrchr(text, ')');
	for (int i = 0; field && i < 20; i++)
		field = strchr(field + 1, ' ');
	if (!field || sscanf(field, "%llu", &ticks) != 1)
		return 0;
	return ticks * 1000000000u / (uint64_t)sysconf(_SC_CLK_TCK);
}
