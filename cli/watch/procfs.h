/*
 * What the kernel says of a process: its tasks and what each waits for. Reads
 * /proc only; nothing here stops or changes a process.
 */
#ifndef FORKCHECK_PROCFS_H
#define FORKCHECK_PROCFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* One look at one task. Two equal looks mean that it has not run in between. */
struct task_look {
	pid_t tid;
	bool in_call; /* in the system call `number`; false: running, or unreadable */
	long number;
	uint64_t arguments[6];
	uint64_t sp, pc;
	uint64_t switches; /* voluntary and involuntary */
};

#define TASKS_MAX 512
struct process_look {
	struct task_look tasks[TASKS_MAX];
	size_t count;
	bool complete; /* all tasks are there and could be read */
};

/* False when the process is gone or may not be looked at. */
bool procfs_look(pid_t pid, struct process_look *look);

bool procfs_same(const struct process_look *one, const struct process_look *other);

/* A FUTEX_WAIT or WAIT_BITSET (private or not) without a time limit. */
bool procfs_is_untimed_futex_wait(const struct task_look *task);

/* When the process started, CLOCK_BOOTTIME in ns, good to a clock tick (10 ms). 0: unknown. */
uint64_t procfs_start_time(pid_t pid);

#endif
