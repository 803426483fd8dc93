/*
 * The order in which the modules of the shim meet a start, a fork, an exec and the end.
 */
#ifndef FORKCHECK_FORK_ORDER_H
#define FORKCHECK_FORK_ORDER_H

#include "state/thread.h"

/* In the constructor, once the log is open. `environment`: as the kernel has laid it out. */
void order_start(const char *session, char **environment);

/* Before the handlers of the program and its libraries run. */
void order_at_entry(void);
/* In the parent, the last thing before the clone. */
void order_before_fork(struct thread *thread);
/* In the parent, after it. */
void order_in_parent(struct thread *thread);
/* First thing in the child. Everything that other threads left is still as it was at the
 * clone. */
void order_in_child(struct thread *survivor);

/* Before an exec in memory of the process' own, and after one that failed. */
void order_at_exec(void);
void order_after_failed_exec(void);
/* The process ends by its own will. `flushes`: exit() writes what still waits. */
void order_at_end(bool flushes);

#endif
