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
	uint64_t blocked;  /* signals; bit n - 1 is signal n */
	bool asks_again;   /* set by who knows that this timed wait is begun again for ever */
	bool was_held;     /* set by who has held it since: that counts as having run */
	uint64_t since_ns; /* set by who takes looks: it has not run since */
	uint64_t switches_before; /* set by who counts slices: as of when they began */
	char state;               /* 'S' sleeps, 'R' runs, 'T' is stopped, 't' is traced */
};

#define TASKS_MAX 512
struct process_look {
	struct task_look tasks[TASKS_MAX];
	size_t count;
	bool complete;   /* all tasks are there and could be read */
	bool held;       /* a debugger is attached, or the freezer has it */
	uint64_t caught; /* signals with a handler */
};

/* False when the process is gone or may not be looked at. */
bool procfs_look(pid_t pid, struct process_look *look);

/* Only the first thread's system call: cheap, to pass over who is not at rest. */
bool procfs_quick_check(pid_t pid, struct task_look *task);
bool procfs_quick_check_task(pid_t pid, pid_t tid, struct task_look *task);

/* The same call with the same arguments; the task may have come back to it. */
bool procfs_same_place(const struct task_look *one, const struct task_look *other);

/* The same, and it has not run in between. */
bool procfs_same_task(const struct task_look *one, const struct task_look *other);
bool procfs_same(const struct process_look *one, const struct process_look *other);

/* Sums up a look: two equal ones are two looks between which nothing has run. */
uint64_t procfs_fingerprint(const struct process_look *look);

/* The same waits on the same addresses, but the tasks may have run in between. */
bool procfs_similar(const struct process_look *one, const struct process_look *other);

/* A FUTEX_WAIT or WAIT_BITSET (private or not), or a wait for a PI futex. */
bool procfs_is_futex_wait(const struct task_look *task);
bool procfs_is_pi_wait(const struct task_look *task);
/* The word is asked for by its address in this process, and not by the memory behind it. */
bool procfs_is_private_wait(const struct task_look *task);
/* The same, without a time limit. */
bool procfs_is_untimed_futex_wait(const struct task_look *task);
/* Sleeps for a time, and for nothing else. */
bool procfs_is_sleep(const struct task_look *task);
/* Is what poll() or epoll_wait() was given a time limit? One of a day or more is none: a loop
 * without a timer waits for as long as its clock has numbers (gevent: 17 days). */
bool procfs_is_limit(uint64_t milliseconds);
/* For descriptors, with a time limit. */
bool procfs_is_timed_descriptor_wait(const struct task_look *task);

/* 'T' is stopped, 'Z' has ended, as proc(5) has it; 0: unknown. */
char procfs_state(pid_t pid);

/* When the process started, CLOCK_BOOTTIME in ns, good to a clock tick (10 ms). 0: unknown. */
uint64_t procfs_start_time(pid_t pid);

/* 0: it cannot be told. */
pid_t procfs_parent(pid_t pid);

/* A child of this process that belongs to no session, and whose descendants are nobody's. 0:
 * there is none any more. */
void procfs_leave_out(pid_t pid);

/* True when this process is among the ancestors of another. With the sub-reaper
 * role every process of the session has us for one. */
bool procfs_is_descendant(pid_t pid);

/* True when the process has children of its own, or when that cannot be told. */
bool procfs_has_children(pid_t pid);

/* The living descendants of this process, as many as fit. Returns their number. */
size_t procfs_descendants(pid_t *descendants, size_t capacity);

/* How many tasks it has; 0: it is gone. */
unsigned procfs_task_count(pid_t pid);

/* False where the kernel does not say who has whose memory (a container's filter of calls). */
bool procfs_tells_sharers(void);
/* True when another process is known to have the same memory (CLONE_VM). */
bool procfs_shares_memory(pid_t pid);

/* True when the process has POSIX timers (timer_create), or when that cannot be told. */
bool procfs_has_timers(pid_t pid);

/* True when the process has a handler for a signal. */
bool procfs_catches(pid_t pid, int signal);

/* The task that traces a process; 0: none, or it cannot be told. */
pid_t procfs_tracer(pid_t pid);

/* Bytes that went through read and write calls, and their number; 0 where it cannot be told. */
uint64_t procfs_io(pid_t pid);

/* The number of the signal that ended a process which nobody has waited for yet; 0: none, or it
 * cannot be told. */
uint32_t procfs_end_signal(pid_t pid);

/* The same as procfs_state(), and the processor time that all threads had so far, in clock
 * ticks: what has not run has the same. */
char procfs_usage(pid_t pid, uint64_t *ticks);

/* What a process has used so far. */
struct procfs_activity {
	uint64_t processor_ns; /* of all threads, good to a clock tick */
	uint64_t faults;       /* of pages, those that were read from a file included */
};

/* False when it is gone, or a core. */
bool procfs_activity(pid_t pid, struct procfs_activity *activity);

/* One process of the machine. */
struct procfs_entry {
	pid_t pid, parent;
	pid_t group;       /* the first process of its process group, which may be gone */
	uint64_t start_ns; /* CLOCK_BOOTTIME, good to a clock tick */
	unsigned task_count;
	char state; /* of its first task, as procfs_state() */
	bool is_zombie;
	bool is_kernel_thread;
};

/* All processes, by their number; malloc'ed. NULL, and none, when /proc cannot be read. */
struct procfs_entry *procfs_list(size_t *count);

/* The same; `unreadable` gets the number of those that are there and may not be asked (a /proc
 * mounted with hidepid=1). */
struct procfs_entry *procfs_list_all(size_t *count, size_t *unreadable);

/* The one of that number in such a list; NULL: none. */
const struct procfs_entry *procfs_find(const struct procfs_entry *list, size_t count, pid_t pid);

/* How often the first task got a processor; 0 where the kernel does not count that. */
uint64_t procfs_run_count(pid_t pid);

/* The function of the kernel that the first task sleeps in; "" where it is not said. */
void procfs_sleeping_place(pid_t pid, char *name, size_t capacity);

struct procfs_task {
	pid_t tid;
	uint64_t start_ns;
	char name[16];
};

/* The tasks of a process, at most `capacity`. */
size_t procfs_tasks(pid_t pid, struct procfs_task *tasks, size_t capacity);
/* "" when the task is gone. */
void procfs_name(pid_t pid, pid_t tid, char *name, size_t capacity);

/* The process that a task belongs to: it may be given the number of any. 0: it is gone. */
pid_t procfs_process_of(pid_t tid);

/* The number by which a process knows itself: another one in a PID namespace. */
pid_t procfs_inner_pid(pid_t pid);
/* The same of one of its tasks. */
pid_t procfs_inner_tid(pid_t pid, pid_t tid);

/* How many PID namespaces below this one a process lives; 0: in the same, or it cannot be told. */
unsigned procfs_depth(pid_t pid);
/* The number that a task has so deep; 0: none. */
pid_t procfs_number_at(pid_t pid, pid_t tid, unsigned depth);

/* The number that a task has for people: a core's first one has the core's for the functions here,
 * and not its own. */
pid_t procfs_shown_tid(pid_t pid, pid_t tid);

/* True when its environment had that variable when it was started, or when that
 * cannot be told. */
bool procfs_has_variable(pid_t pid, const char *name);

/* The file that it was started from, as many bytes of its path as fit, and no null byte behind
 * them. Returns their number; 0: it cannot be told. */
size_t procfs_program(pid_t pid, char *path, size_t capacity);

/* False: it sees the files that this process sees (a container's does not), or that cannot be
 * told. They are below /proc/PID/root. */
bool procfs_has_other_mounts(pid_t pid);
/* The name that its root has among its mounts, and no null byte behind it, as many bytes as fit.
 * Returns their number; 0: it is "/", or cannot be told. Paths in /proc/PID/maps begin with it. */
size_t procfs_root_name(pid_t pid, char *name, size_t capacity);

/* True when the kernel drew the places of its stack and vDSO when it was started. */
bool procfs_has_random_layout(pid_t pid);

#endif
