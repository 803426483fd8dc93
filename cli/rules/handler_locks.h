/*
 * FC007: what atfork handlers do to locks, and whose handler a stack shows.
 */
#ifndef FORKCHECK_HANDLER_LOCKS_H
#define FORKCHECK_HANDLER_LOCKS_H

#include "rule.h"

/*
 * The stack, from the inside: where it waits, the handler, libc's fork(), who
 * called fork(). The handler is the last function before libc's frames come
 * for the second time; the caller of fork() comes after them.
 */
struct fork_stack {
	const struct frame *handler; /* NULL: not found */
	struct frames caller;
};
struct fork_stack fork_stack_split(const struct frames *stack);

void judge_handler_locks(struct judgement *judgement, const struct rule *rule);

#endif
