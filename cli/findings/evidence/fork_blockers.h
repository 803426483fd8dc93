/*
 * What a fork() that does not return waits for, who has it, and what that thread
 * waits for: from BLOCKED records to the parts of a finding.
 */
#ifndef FORKCHECK_FORK_BLOCKERS_H
#define FORKCHECK_FORK_BLOCKERS_H

#include "findings/rules/rule.h"

/* What the stack of the forking thread shows, from the inside. */
struct fork_stack {
	const struct frame *handler; /* the atfork handler that waits; NULL: there is none */
	struct frames caller;        /* who called fork() */
	/* The handler of a signal that called fork(), and the function of the interrupted code's
	 * that was called: "malloc". NULL: no signal came, or its name is not known. */
	const struct frame *signal_handler;
	const char *interrupted;
	struct frames interrupted_stack; /* empty: no signal came */
	/* A hook of os.register_at_fork() that waits; fork() was not entered. NULL: there is none.
	 */
	const struct frame *hook;
};
struct fork_stack fork_stack_split(struct judgement *judgement, uint32_t process,
				   const struct frames *stack);

enum blocked_cause {
	BLOCKED_UNKNOWN,     /* who has what it waits for is not known */
	BLOCKED_INTERRUPTED, /* the code that a signal interrupted has it, and called from there */
	BLOCKED_ITSELF,      /* the forking thread has it */
	BLOCKED_ORDER,       /* another has it, which waits for what a handler took before */
	BLOCKED_BY_HELD,     /* another has it, which waits for what the forking thread holds */
	BLOCKED_BY_OTHER,    /* another has it */
};

struct fork_blockers {
	enum blocked_cause cause;
	bool tries;         /* it asks again and again */
	const char *what;   /* it waits for, in words; NULL: not known */
	const char *other;  /* what the holder waits for in its turn, in words; NULL: not known */
	uint32_t kind;      /* enum lock_kind of what it waits for */
	uint32_t last_kind; /* of what the last one of the chain waits for; 0: not known */
};

/* Fills finding->lock, holder and blocked. `split` is that of finding->child.stack. */
struct fork_blockers fork_blockers_fill(struct judgement *judgement, struct finding *finding,
					const struct record_hang *hang,
					const struct fork_stack *split);

#endif
