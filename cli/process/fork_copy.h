/*
 * Whether a process is the copy of its living parent, without an exec since the fork, and which
 * threads of the parent are not in it. Reads /proc, and asks who has whose memory (kcmp).
 */
#ifndef FORKCHECK_FORK_COPY_H
#define FORKCHECK_FORK_COPY_H

#include "process/procfs.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Where exec put what it puts anywhere: a fork leaves them there. */
struct fork_layout {
	uint64_t stack_end, vdso;
};

/* False, and zeros, where one of them cannot be told. */
bool fork_layout_read(pid_t pid, struct fork_layout *layout);

/* False, too, where one of them was not known. */
bool fork_layout_same(const struct fork_layout *one, const struct fork_layout *other);

/* True when it is proven: the same executable, the same layout where the kernel draws it anew
 * for each exec, and memory that is not the parent's own (a vfork child has that). */
bool fork_copy_is(pid_t child, pid_t parent);

/* The tasks of the parent that are older than its child, at most `capacity`. One of them at most
 * has forked; a task that has ended since is not among them. Returns their number. */
size_t fork_copy_older_tasks(pid_t parent, pid_t child, struct procfs_task *tasks, size_t capacity);

/* The same of tasks that were read before: moves them to the front. `start_ns` is when the child
 * started (procfs_start_time()). */
size_t fork_copy_keep_older(struct procfs_task *tasks, size_t count, pid_t child,
			    uint64_t start_ns);

/* Which of these tasks has forked, by the name that the child has from it; the first, where none
 * has that name. */
size_t fork_copy_forker(const struct procfs_task *tasks, size_t count, pid_t child);

#endif
