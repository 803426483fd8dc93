/*
 * What could wake this process from the outside: signal handlers and interval
 * timers. The kernel shows which signals are caught and not by whom, and shows
 * POSIX timers and not these; so the calls are noted in private memory, where
 * the CLI reads them from the outside. No log space, no system call.
 */
#ifndef FORKCHECK_WAKERS_H
#define FORKCHECK_WAKERS_H

#include "session.h"
#include "shim.h"

/* In the constructor: timers survive exec, handlers do not. */
void wakers_start(void);
/* In a fork child: handlers are inherited, timers are not. */
void wakers_start_child(void);
/* An interpreter, for the CLI to read from the outside too. NULL: there is none any more. */
void wakers_note_python(const struct python_interpreter *interpreter);
/* Does this process catch a signal that somebody might send it? */
bool wakers_catch_signals(void);
/* Where the CLI finds them. */
uint64_t wakers_address(void);

#endif
