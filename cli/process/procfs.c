/*
 * A process' tasks, and what each waits in, are read from /proc/PID/task. Every field may be
 * missing: the task may end at any read.
 */
#include "procfs.h"
#include "base/array.h"
#include "core_file.h"
#include "shim/common/arch/arch.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SHARERS_MAX 16384

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
static bool procfs_read_call(pid_t pid, struct task_look *task)
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

static uint64_t number_after(const char *text, const char *key, int base)
{
	const char *found = strstr(text, key);

	return found ? strtoull(found + strlen(key), NULL, base) : 0;
}

/* Keys begin a line: a task's name stands in the first one and may be anything. */
static bool read_status(pid_t pid, struct task_look *task, struct process_look *look)
{
	char path[64], text[8192];
	const char *state;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/status", pid, task->tid);
	if (read_file(path, text, sizeof(text)) <= 0)
		return false;
	state = strstr(text, "\nState:\t");
	if (!state || !strstr(text, "\nvoluntary_ctxt_switches:\t"))
		return false;
	task->state = state[strlen("\nState:\t")];
	task->switches = number_after(text, "\nvoluntary_ctxt_switches:\t", 10) +
			 number_after(text, "\nnonvoluntary_ctxt_switches:\t", 10);
	task->blocked = number_after(text, "\nSigBlk:\t", 16);
	look->caught = number_after(text, "\nSigCgt:\t", 16);
	look->held |= number_after(text, "\nTracerPid:\t", 10) != 0;
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
	if (!read_status(pid, task, look)) {
		look->complete = false;
		return;
	}
	/* The first thread may have ended before the others. */
	if (task->state == 'Z' || task->state == 'X')
		look->count--;
	else if (!procfs_read_call(pid, task))
		look->complete = false;
}

bool procfs_quick_check_task(pid_t pid, pid_t tid, struct task_look *task)
{
	memset(task, 0, sizeof(*task));
	task->tid = tid;
	if (core_is(pid))
		return core_quick_check_task(pid, tid, task);
	return procfs_read_call(pid, task);
}

bool procfs_quick_check(pid_t pid, struct task_look *task)
{
	return procfs_quick_check_task(pid, pid, task);
}

/*
 * The freezer of cgroups (version 2) holds a task on its way out of the kernel: /proc shows it
 * asleep, and in the call that it will begin again. In which function, only wchan says; what
 * the freezer's is called, and whether the compiler put it into its caller, depends on the
 * kernel.
 */
static bool is_frozen(pid_t pid)
{
	char path[64], text[128];

	snprintf(path, sizeof(path), "/proc/%d/wchan", pid);
	return read_file(path, text, sizeof(text)) > 0 &&
	       (strstr(text, "get_signal") || strstr(text, "freezer"));
}

/* That of version 1 leaves it in the wait, which no task is in uninterruptibly otherwise. */
static bool is_frozen_in_wait(const struct task_look *task)
{
	return task->state == 'D' && procfs_is_futex_wait(task);
}

bool procfs_look(pid_t pid, struct process_look *look)
{
	char path[64];
	DIR *tasks;
	const struct dirent *entry;

	if (core_is(pid))
		return core_look(pid, look);
	look->count = 0;
	look->complete = true;
	look->held = false;
	look->caught = 0;
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	tasks = opendir(path);
	if (!tasks)
		return false;
	while ((entry = readdir(tasks)))
		if (atoi(entry->d_name) > 0)
			look_at_task(pid, atoi(entry->d_name), look);
	closedir(tasks);
	look->held |= look->count && look->tasks[0].state == 'S' && is_frozen(pid);
	look->held |= look->count && is_frozen_in_wait(&look->tasks[0]);
	return look->count > 0;
}

bool procfs_same_place(const struct task_look *one, const struct task_look *other)
{
	return one->tid == other->tid && one->in_call == other->in_call &&
	       one->number == other->number && one->sp == other->sp && one->pc == other->pc &&
	       memcmp(one->arguments, other->arguments, sizeof(one->arguments)) == 0;
}

static bool similar_task(const struct task_look *one, const struct task_look *other)
{
	return one->tid == other->tid && one->in_call == other->in_call &&
	       one->number == other->number && one->sp == other->sp &&
	       one->arguments[0] == other->arguments[0];
}

bool procfs_same_task(const struct task_look *one, const struct task_look *other)
{
	if (one->asks_again && other->asks_again)
		return similar_task(one, other);
	if (one->was_held)
		return procfs_same_place(one, other);
	return one->switches == other->switches && procfs_same_place(one, other);
}

bool procfs_same(const struct process_look *one, const struct process_look *other)
{
	if (one->count != other->count || !one->complete || !other->complete)
		return false;
	for (size_t i = 0; i < one->count; i++)
		if (!procfs_same_task(&one->tasks[i], &other->tasks[i]))
			return false;
	return true;
}

static uint64_t procfs_mix(uint64_t sum, uint64_t value)
{
	sum = (sum ^ value) * 0x9e3779b97f4a7c15u;
	return sum ^ sum >> 29;
}

uint64_t procfs_fingerprint(const struct process_look *look)
{
	uint64_t fingerprint = procfs_mix(look->count, look->caught);

	for (size_t i = 0; i < look->count; i++) {
		const struct task_look *task = &look->tasks[i];

		fingerprint = procfs_mix(fingerprint, (uint64_t)task->tid);
		fingerprint = procfs_mix(fingerprint, (uint64_t)task->number);
		for (int k = 0; k < 6; k++)
			fingerprint = procfs_mix(fingerprint, task->arguments[k]);
		fingerprint = procfs_mix(procfs_mix(procfs_mix(fingerprint, task->sp), task->pc),
					 task->switches);
		fingerprint =
			procfs_mix(procfs_mix(fingerprint, task->blocked), (uint64_t)task->state);
	}
	return fingerprint;
}

bool procfs_similar(const struct process_look *one, const struct process_look *other)
{
	if (one->count != other->count || !one->complete || !other->complete)
		return false;
	for (size_t i = 0; i < one->count; i++)
		if (!similar_task(&one->tasks[i], &other->tasks[i]))
			return false;
	return true;
}

bool procfs_is_futex_wait(const struct task_look *task)
{
	uint64_t command = task->arguments[1] & (uint64_t)FUTEX_CMD_MASK;

	return task->in_call && task->number == SYS_futex &&
	       (command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET || command == FUTEX_LOCK_PI ||
		command == FUTEX_LOCK_PI2);
}

bool procfs_is_untimed_futex_wait(const struct task_look *task)
{
	return procfs_is_futex_wait(task) && task->arguments[3] == 0;
}

bool procfs_is_pi_wait(const struct task_look *task)
{
	uint64_t command = task->arguments[1] & (uint64_t)FUTEX_CMD_MASK;

	return procfs_is_futex_wait(task) &&
	       (command == FUTEX_LOCK_PI || command == FUTEX_LOCK_PI2);
}

bool procfs_is_private_wait(const struct task_look *task)
{
	return procfs_is_futex_wait(task) && task->arguments[1] & FUTEX_PRIVATE_FLAG;
}

bool procfs_is_sleep(const struct task_look *task)
{
	const uint64_t *a = task->arguments;

	if (!task->in_call)
		return false;
	switch (task->number) {
	case SYS_nanosleep:
	case SYS_clock_nanosleep:
		return true;
	case ARCH_CALL_POLL:
		return !a[1] && (int32_t)a[2] >= 0;
	case SYS_ppoll:
		return !a[1] && a[2];
	case ARCH_CALL_SELECT:
	case SYS_pselect6:
		return !a[0] && a[4];
	default:
		return false;
	}
}

/* A day. */
#define LONGEST_LIMIT 86400000

bool procfs_is_limit(uint64_t milliseconds)
{
	return (int32_t)milliseconds >= 0 && (int32_t)milliseconds < LONGEST_LIMIT;
}

bool procfs_is_timed_descriptor_wait(const struct task_look *task)
{
	const uint64_t *a = task->arguments;

	if (!task->in_call)
		return false;
	switch (task->number) {
	case ARCH_CALL_POLL:
		return a[1] && procfs_is_limit(a[2]);
	case SYS_ppoll:
		return a[1] && a[2];
	case ARCH_CALL_SELECT:
	case SYS_pselect6:
		return a[0] && a[4];
	case ARCH_CALL_EPOLL_WAIT:
	case SYS_epoll_pwait:
		return procfs_is_limit(a[3]);
	case SYS_epoll_pwait2:
		return a[3];
	default:
		return false;
	}
}

unsigned procfs_task_count(pid_t pid)
{
	struct stat status;
	char path[64];

	if (core_is(pid))
		return core_task_count(pid);
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	/* The links of a directory: its own two, and one of each folder in it. */
	return stat(path, &status) || status.st_nlink < 3 ? 0 : (unsigned)status.st_nlink - 2;
}

bool procfs_tells_sharers(void)
{
	return syscall(SYS_kcmp, getpid(), getpid(), KCMP_VM, 0, 0) == 0;
}

/* Such a process comes from a clone, so that both descend from us, or one from the other. */
/* Of a process that is no descendant of ours, any may be a relative. */
static bool shares_memory_with_any(pid_t pid)
{
	size_t count;
	struct procfs_entry *entries = procfs_list(&count);
	bool any = !entries;

	for (size_t i = 0; i < count && !any; i++)
		any = entries[i].pid != pid &&
		      syscall(SYS_kcmp, pid, entries[i].pid, KCMP_VM, 0, 0) == 0;
	free(entries);
	return any;
}

bool procfs_shares_memory(pid_t pid)
{
	pid_t others[SHARERS_MAX];
	size_t count;

	if (core_is(pid))
		return true;
	if (!procfs_is_descendant(pid))
		return shares_memory_with_any(pid);
	count = procfs_descendants(others, SHARERS_MAX);
	for (size_t i = 0; i < count; i++)
		/* Who may not be asked (set-user-id) has memory of its own, from its exec on. */
		if (others[i] != pid && syscall(SYS_kcmp, pid, others[i], KCMP_VM, 0, 0) == 0)
			return true;
	return count == SHARERS_MAX;
}

bool procfs_has_children(pid_t pid)
{
	char path[64], text[64];
	DIR *tasks;
	const struct dirent *entry;
	bool any = false;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	tasks = opendir(path);
	while (tasks && !any && (entry = readdir(tasks))) {
		if (atoi(entry->d_name) <= 0)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%.16s/children", pid, entry->d_name);
		any = read_file(path, text, sizeof(text)) != 0;
	}
	if (tasks)
		closedir(tasks);
	return any || !tasks;
}

static pid_t left_out;

void procfs_leave_out(pid_t pid)
{
	left_out = pid;
}

/* Children stand with the task that made them. */
static bool list_task(const char *path, pid_t *children, size_t capacity, size_t *count)
{
	FILE *stream = fopen(path, "re");
	bool fits = true;
	int child;

	while (stream && fits && fscanf(stream, "%d", &child) == 1) {
		if (child == left_out)
			continue;
		fits = *count < capacity;
		if (fits)
			children[(*count)++] = child;
	}
	if (stream)
		fclose(stream);
	return fits;
}

static bool list_children(pid_t pid, pid_t *children, size_t capacity, size_t *count)
{
	char path[64];
	const struct dirent *entry;
	bool fits = true;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	tasks = opendir(path);
	while (tasks && fits && (entry = readdir(tasks))) {
		if (atoi(entry->d_name) <= 0)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%.16s/children", pid, entry->d_name);
		fits = list_task(path, children, capacity, count);
	}
	if (tasks)
		closedir(tasks);
	return fits;
}

size_t procfs_descendants(pid_t *descendants, size_t capacity)
{
	size_t count = 0;
	bool fits = list_children(getpid(), descendants, capacity, &count);

	/* Each is asked once; what it adds is behind it. */
	for (size_t i = 0; fits && i < count; i++)
		fits = list_children(descendants[i], descendants, capacity, &count);
	return count;
}

bool procfs_has_timers(pid_t pid)
{
	char path[64], text[64];

	snprintf(path, sizeof(path), "/proc/%d/timers", pid);
	return read_file(path, text, sizeof(text)) != 0;
}

uint64_t procfs_io(pid_t pid)
{
	char path[64], text[1024];

	snprintf(path, sizeof(path), "/proc/%d/io", pid);
	if (read_file(path, text, sizeof(text)) <= 0)
		return 0;
	return number_after(text, "rchar: ", 10) + number_after(text, "\nwchar: ", 10) +
	       number_after(text, "\nsyscr: ", 10) + number_after(text, "\nsyscw: ", 10);
}

/* What stands behind the name in /proc/PID/stat: that may contain anything,
 * blanks and parentheses included. */
static const char *read_stat_text(const char *path, char *text, size_t capacity)
{
	const char *at = read_file(path, text, capacity) > 0 ? strrchr(text, ')') : NULL;

	return at ? at + 1 : NULL;
}

/* A field, counted from the state (field 0). */
static bool stat_field(const char *at, int field, unsigned long long *value)
{
	for (int i = 0; at && i < field; i++)
		at = strchr(at + 1, ' ');
	return at && sscanf(at + 1, "%llu", value) == 1;
}

static bool read_stat(pid_t pid, int field, unsigned long long *value)
{
	char path[64], text[1024];

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	return stat_field(read_stat_text(path, text, sizeof(text)), field, value);
}

static uint64_t ticks_to_ns(unsigned long long ticks)
{
	return ticks * 1000000000u / (uint64_t)sysconf(_SC_CLK_TCK);
}

char procfs_state(pid_t pid)
{
	char path[64], text[1024];
	const char *at;

	if (core_is(pid))
		return core_state(pid);
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (read_file(path, text, sizeof(text)) <= 0)
		return 0;
	at = strrchr(text, ')');
	return at && at[1] == ' ' ? at[2] : '\0';
}

/* proc(5): exit_code, as waitpid() has it. */
uint32_t procfs_end_signal(pid_t pid)
{
	unsigned long long status = 0;
	char path[64], text[1024];
	const char *at;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	at = read_stat_text(path, text, sizeof(text));
	if (!at || at[0] != ' ' || at[1] != 'Z' || !stat_field(at, 49, &status))
		return 0;
	return (uint32_t)(status & 0x7f);
}

char procfs_usage(pid_t pid, uint64_t *ticks)
{
	unsigned long long user = 0, system = 0;
	char path[64], text[1024];
	const char *at;

	*ticks = 0;
	if (core_is(pid))
		return core_state(pid);
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	at = read_stat_text(path, text, sizeof(text));
	if (!at || *at != ' ' || !stat_field(at, 11, &user) || !stat_field(at, 12, &system))
		return 0;
	*ticks = user + system;
	return at[1];
}

/* proc(5): minflt, majflt, utime, stime. */
enum stat_usage { STAT_MINOR = 7, STAT_MAJOR = 9, STAT_USER = 11, STAT_SYSTEM = 12 };

bool procfs_activity(pid_t pid, struct procfs_activity *activity)
{
	unsigned long long minor, major, user, system;
	char path[64], text[1024];
	const char *at;

	if (core_is(pid))
		return false;
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	at = read_stat_text(path, text, sizeof(text));
	if (!stat_field(at, STAT_MINOR, &minor) || !stat_field(at, STAT_MAJOR, &major) ||
	    !stat_field(at, STAT_USER, &user) || !stat_field(at, STAT_SYSTEM, &system))
		return false;
	*activity = (struct procfs_activity){.processor_ns = ticks_to_ns(user + system),
					     .faults = minor + major};
	return true;
}

bool procfs_catches(pid_t pid, int signal)
{
	char path[64], text[8192];

	if (core_is(pid))
		return true;
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	return read_file(path, text, sizeof(text)) > 0 &&
	       number_after(text, "\nSigCgt:\t", 16) >> (signal - 1) & 1;
}

pid_t procfs_tracer(pid_t pid)
{
	char path[64], text[8192];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if (read_file(path, text, sizeof(text)) <= 0)
		return 0;
	return (pid_t)number_after(text, "\nTracerPid:\t", 10);
}

uint64_t procfs_start_time(pid_t pid)
{
	unsigned long long ticks;

	if (!read_stat(pid, 19, &ticks))
		return 0;
	return ticks_to_ns(ticks);
}

pid_t procfs_parent(pid_t pid)
{
	unsigned long long parent;

	if (core_is(pid))
		return core_open_parent(pid);
	return read_stat(pid, 1, &parent) ? (pid_t)parent : 0;
}

bool procfs_is_descendant(pid_t pid)
{
	unsigned long long parent;

	while (pid > 1 && pid != left_out && read_stat(pid, 1, &parent)) {
		pid = (pid_t)parent;
		if (pid == getpid())
			return true;
	}
	return false;
}

/* proc(5), and PF_KTHREAD of the kernel's own sched.h. */
enum stat_number { STAT_PARENT = 1, STAT_GROUP, STAT_FLAGS = 6, STAT_TASKS = 17, STAT_START = 19 };
#define STAT_NUMBERS  (STAT_START + 1)
#define KERNEL_THREAD 0x00200000u

/* All fields up to the start time, in one pass. */
static bool read_stat_numbers(const char *at, unsigned long long numbers[STAT_NUMBERS])
{
	char *end;

	if (!at || at[0] != ' ' || at[1] == '\0')
		return false;
	at += 2;
	for (int i = 1; i < STAT_NUMBERS; i++) {
		numbers[i] = strtoull(at, &end, 10);
		if (end == at)
			return false;
		at = end;
	}
	return true;
}

static bool procfs_read_entry(struct procfs_entry *entry, pid_t pid)
{
	unsigned long long numbers[STAT_NUMBERS];
	char path[64], text[1024];
	const char *at;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	at = read_stat_text(path, text, sizeof(text));
	if (!read_stat_numbers(at, numbers))
		return false;
	*entry = (struct procfs_entry){
		.pid = pid,
		.parent = (pid_t)numbers[STAT_PARENT],
		.group = (pid_t)numbers[STAT_GROUP],
		.start_ns = ticks_to_ns(numbers[STAT_START]),
		.task_count = (unsigned)numbers[STAT_TASKS],
		.state = at[1],
		.is_zombie = at[1] == 'Z' || at[1] == 'X',
		.is_kernel_thread = numbers[STAT_FLAGS] & KERNEL_THREAD,
	};
	return true;
}

static int by_pid(const void *left, const void *right)
{
	const struct procfs_entry *one = left, *other = right;

	return (one->pid > other->pid) - (one->pid < other->pid);
}

struct procfs_entry *procfs_list_all(size_t *count, size_t *unreadable)
{
	struct procfs_entry *list = NULL;
	DIR *processes = opendir("/proc");
	const struct dirent *name;
	size_t capacity = 0;

	*count = 0;
	*unreadable = 0;
	while (processes && (name = readdir(processes))) {
		if (atoi(name->d_name) <= 0 || atoi(name->d_name) == left_out)
			continue;
		if (!ARRAY_MAKE_ROOM(list, *count, capacity))
			break;
		errno = 0;
		if (procfs_read_entry(&list[*count], atoi(name->d_name)))
			++*count;
		else
			*unreadable += errno == EACCES || errno == EPERM;
	}
	if (processes)
		closedir(processes);
	if (*count)
		qsort(list, *count, sizeof(*list), by_pid);
	return list;
}

struct procfs_entry *procfs_list(size_t *count)
{
	size_t unreadable;

	return procfs_list_all(count, &unreadable);
}

const struct procfs_entry *procfs_find(const struct procfs_entry *list, size_t count, pid_t pid)
{
	const struct procfs_entry key = {.pid = pid};

	return count ? bsearch(&key, list, count, sizeof(*list), by_pid) : NULL;
}

/* "time on a processor, time waiting for one, number of turns" */
uint64_t procfs_run_count(pid_t pid)
{
	unsigned long long turns = 0;
	char path[64], text[128];

	snprintf(path, sizeof(path), "/proc/%d/schedstat", pid);
	if (read_file(path, text, sizeof(text)) > 0)
		sscanf(text, "%*u %*u %llu", &turns);
	return turns;
}

void procfs_sleeping_place(pid_t pid, char *name, size_t capacity)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/wchan", pid);
	/* "0": it runs, or its reader may not know. */
	if (read_file(path, name, capacity) <= 0 || strcmp(name, "0") == 0)
		*name = '\0';
}

void procfs_name(pid_t pid, pid_t tid, char *name, size_t capacity)
{
	char path[64], text[64];

	*name = '\0';
	if (core_is(pid)) {
		core_name(pid, tid, name, capacity);
		return;
	}
	snprintf(path, sizeof(path), "/proc/%d/task/%d/comm", pid, tid);
	if (read_file(path, text, sizeof(text)) <= 0)
		return;
	text[strcspn(text, "\n")] = '\0';
	snprintf(name, capacity, "%.*s", (int)capacity - 1, text);
}

static bool read_task(struct procfs_task *task, pid_t pid, pid_t tid)
{
	unsigned long long ticks;
	char path[64], text[1024];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
	if (!stat_field(read_stat_text(path, text, sizeof(text)), 19, &ticks))
		return false;
	task->tid = tid;
	task->start_ns = ticks_to_ns(ticks);
	procfs_name(pid, tid, task->name, sizeof(task->name));
	return true;
}

size_t procfs_tasks(pid_t pid, struct procfs_task *tasks, size_t capacity)
{
	const struct dirent *name;
	size_t count = 0;
	char path[64];
	DIR *folder;

	if (core_is(pid))
		return core_tasks(pid, tasks, capacity);
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	folder = opendir(path);
	while (folder && count < capacity && (name = readdir(folder)))
		if (atoi(name->d_name) > 0)
			count += read_task(&tasks[count], pid, atoi(name->d_name));
	if (folder)
		closedir(folder);
	return count;
}

pid_t procfs_process_of(pid_t tid)
{
	char path[64], text[8192];
	const char *line;

	if (core_is(tid))
		return tid;
	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	line = read_file(path, text, sizeof(text)) > 0 ? strstr(text, "\nTgid:\t") : NULL;
	return line ? atoi(line + strlen("\nTgid:\t")) : 0;
}

/* Its numbers in PID namespaces, from this one inwards, in a line; NULL: they cannot be told. */
static char *read_numbers(pid_t pid, pid_t tid, char *text, size_t capacity)
{
	char path[64], *line;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/status", pid, tid);
	line = read_file(path, text, capacity) > 0 ? strstr(text, "\nNSpid:\t") : NULL;
	if (!line)
		return NULL;
	line += strlen("\nNSpid:\t");
	line[strcspn(line, "\n")] = '\0';
	return line;
}

pid_t procfs_inner_tid(pid_t pid, pid_t tid)
{
	char text[8192];
	const char *line, *last;

	if (core_is(pid))
		return core_inner_tid(pid, tid);
	line = read_numbers(pid, tid, text, sizeof(text));
	if (!line)
		return tid;
	last = strrchr(line, '\t');
	return atoi(last ? last + 1 : line);
}

unsigned procfs_depth(pid_t pid)
{
	char text[8192];
	const char *line = core_is(pid) ? NULL : read_numbers(pid, pid, text, sizeof(text));
	unsigned depth = 0;

	while (line && (line = strchr(line, '\t'))) {
		line++;
		depth++;
	}
	return depth;
}

pid_t procfs_number_at(pid_t pid, pid_t tid, unsigned depth)
{
	char text[8192];
	const char *line = depth ? read_numbers(pid, tid, text, sizeof(text)) : NULL;

	if (!depth)
		return tid;
	while (line && depth-- && (line = strchr(line, '\t')))
		line++;
	return line ? atoi(line) : 0;
}

pid_t procfs_inner_pid(pid_t pid)
{
	return procfs_inner_tid(pid, pid);
}

pid_t procfs_shown_tid(pid_t pid, pid_t tid)
{
	return core_is(pid) ? core_inner_tid(pid, tid) : tid;
}

bool procfs_has_variable(pid_t pid, const char *name)
{
	char path[64], *entry = NULL;
	size_t capacity = 0, length = strlen(name);
	bool found = false;
	FILE *stream;

	snprintf(path, sizeof(path), "/proc/%d/environ", pid);
	stream = fopen(path, "re");
	if (!stream)
		return true;
	while (!found && getdelim(&entry, &capacity, '\0', stream) > 0)
		found = strncmp(entry, name, length) == 0 && entry[length] == '=';
	free(entry);
	fclose(stream);
	return found;
}

size_t procfs_program(pid_t pid, char *path, size_t capacity)
{
	char link[64];
	ssize_t length;

	if (core_is(pid))
		return core_copy_program(pid, path, capacity);
	snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	length = readlink(link, path, capacity);
	return length > 0 ? (size_t)length : 0;
}

bool procfs_has_other_mounts(pid_t pid)
{
	struct stat own, others;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", pid);
	return !core_is(pid) && stat("/proc/self/ns/mnt", &own) == 0 && stat(path, &others) == 0 &&
	       own.st_ino != others.st_ino;
}

size_t procfs_root_name(pid_t pid, char *name, size_t capacity)
{
	char link[64];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/%d/root", pid);
	length = readlink(link, name, capacity);
	return length > 1 ? (size_t)length : 0;
}

bool procfs_has_random_layout(pid_t pid)
{
	char path[64], text[64];

	if (read_file("/proc/sys/kernel/randomize_va_space", text, sizeof(text)) <= 0 ||
	    atoi(text) == 0)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/personality", pid);
	return read_file(path, text, sizeof(text)) > 0 &&
	       !(strtoul(text, NULL, 16) & ADDR_NO_RANDOMIZE);
}
