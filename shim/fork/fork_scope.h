/*
 * Every way to fork, and the atfork handlers. The shim's object is initialised
 * first, so its handlers are the outermost: prepare runs last before the clone,
 * child first after it. _Fork() and raw clones run no handler: there the
 * wrapper itself does what the handlers would.
 */
#ifndef FORKCHECK_FORK_FORK_SCOPE_H
#define FORKCHECK_FORK_FORK_SCOPE_H

#include "state/thread.h"

/* Registers the handlers. Called once, by the constructor. */
void fork_start(void);

/* A fork that a wrapper accompanies. */
struct fork_scope {
	struct thread *thread;
	struct fork_state outer; /* of the fork that this one interrupts */
	pid_t owner;             /* as its locks name the thread, also in the child */
};

/* Before the call, in the parent; `site` is where it comes from. False: there is nothing to record.
 * Leaves errno alone. */
bool fork_begin(struct fork_scope *scope, enum fork_function function, const void *site);
/* The same where no handlers run. `suspends`: the parent goes on when the child ends or execs. */
bool fork_begin_unhandled(struct fork_scope *scope, enum fork_function function, bool suspends);
/* After it, in both; `pid` is what it returned. Leaves errno alone. */
pid_t fork_end(struct fork_scope *scope, pid_t pid);

/* First thing in a child that begins on a stack of its own and returns to no wrapper. */
void fork_begin_child(struct thread *thread);

/* In a child that no handler and no wrapper has begun. */
void fork_notice(struct thread *thread);

#endif
