/*
 * What a process that was attached to waits for by descriptors, and who else could write there: for
 * one that hangs without a futex there is no more to be had from /proc.
 */
#ifndef FORKCHECK_AWAITED_ENDS_H
#define FORKCHECK_AWAITED_ENDS_H

#include "process/procfs.h"
#include "session/model.h"

/* As a clause ("for eventfd 3; ..."), about its first task that waits so; "" where there is none,
 * or what that one waits for is not known. Who else could write is said of those of which every
 * task waits. */
void awaited_ends_say(struct model *model, uint32_t serial, pid_t pid,
		      const struct process_look *look, char *text, size_t capacity);

#endif
