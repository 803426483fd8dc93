/*
 * The frame pointer: the one register that a walk may need and that cannot be read without
 * holding the task.
 */
#ifndef FORKCHECK_FRAME_BASE_H
#define FORKCHECK_FRAME_BASE_H

#include "process/procfs.h"
#include "unwind/unwind.h"
#include <sys/types.h>

/* With pc and sp of a task that stands still, finds the frame's base that a
 * whole walk needs. Where there is none, leaves it as it is. */
void frame_base_find(struct address_space *space, pid_t pid, struct stack_registers *registers);

/*
 * Registers of a task that may not be held, as /proc has them, with such a base. False where it is
 * in no call, or not in that one any more.
 */
bool frame_base_look(struct address_space *space, pid_t pid, const struct task_look *task,
		     struct stack_registers *registers);

#endif
