/*
 * Why a process cannot be looked at, and what to do about it.
 */
#ifndef FORKCHECK_REFUSAL_H
#define FORKCHECK_REFUSAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * False: it may be looked at. True: one clause of what is wrong, with its cure, stands in `text`.
 * What is asked is what would be needed: its tasks, its mappings, a few bytes of its memory.
 */
bool refusal_find(pid_t pid, char *text, size_t capacity);

/*
 * True: a filter of system calls, as a container has it, forbids what makes proofs and whole
 * stacks, and the same stands in `text`. Processes may be looked at all the same.
 */
bool refusal_find_filter(char *text, size_t capacity);

#endif
