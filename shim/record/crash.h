/*
 * A fork child without its parent's threads that a signal of its own fault ends: which one, and
 * where. For that it has handlers of the shim's, where the program has none.
 */
#ifndef FORKCHECK_RECORD_CRASH_H
#define FORKCHECK_RECORD_CRASH_H

#include "shim.h"
#include <signal.h>

/* At the start of a child that lacks threads of its parent. */
void crash_in_child(void);
/* Before the process gives up system calls: it has the handlers no more. */
void crash_withdraw(void);

/* Is it the shim's? */
bool crash_is_own(sighandler_t handler);
/* What a program is told of a signal: where it has the shim's handler, that there is none. */
void crash_hide(struct sigaction *action);

#endif
