/*
 * Holds a process still for milliseconds: the third look, its registers, its
 * stack. The system calls that its tasks wait in start again by themselves.
 */
#ifndef FORKCHECK_STOP_H
#define FORKCHECK_STOP_H

#include "procfs.h"
#include "shim/common/log_format.h"
#include <stdbool.h>

struct stopped {
	pid_t pid;
	pid_t tasks[TASKS_MAX];
	size_t count; /* that are held */
};

enum stop_result {
	STOP_HELD,
	STOP_MOVED,   /* a task is not where the look saw it; nothing is held */
	STOP_REFUSED, /* we may not: another tracer, Yama, not dumpable; nothing is held */
};

/*
 * Stops all tasks that run, or whose calls begin again by themselves: others may come back
 * with an error that they would not have had, and are left alone. With `exact`, each must still be
 * in the call and on the stack that the look saw, the others by what /proc says.
 */
enum stop_result stop_process(struct stopped *stopped, pid_t pid, const struct process_look *look,
			      bool exact);

/* The same for one task, exactly. It must be in a futex wait: other calls may come back with
 * an error. */
enum stop_result stop_task(struct stopped *stopped, pid_t pid, const struct process_look *look,
			   const struct task_look *task);

/* Registers of a held task. */
bool stop_registers(const struct stopped *stopped, pid_t tid, struct stack_registers *registers);

/* pthread_self() of a held task of a process; 0: not known. */
uint64_t stop_thread_pointer(pid_t pid, pid_t tid);

/* Lets all tasks go on where they were. */
void stop_release(struct stopped *stopped);
/* After a signal that ends the process: takes the held tasks' ends, so that its
 * parent gets its own. */
void stop_bury(struct stopped *stopped);

/* Copies up to `capacity` bytes of a process' memory. Returns how many there were. */
size_t stop_read(pid_t pid, uint64_t address, void *to, size_t capacity);

#endif
