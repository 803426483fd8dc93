/*
 * What the parent says of a fork before the clone: the FORK record, or the fact that can
 * become one, and who the child will be.
 */
#ifndef FORKCHECK_FORK_ANNOUNCEMENT_H
#define FORKCHECK_FORK_ANNOUNCEMENT_H

#include "common/log_format.h"

struct thread;

/* The last thing before the clone: what the child will need to know. */
void announcement_before_fork(struct thread *thread);
/* The fork did not come to be, or its child will count it. `fork` may be 0. */
void announcement_take_back(session_reference fork);
/* In a child: libraries that came behind every wrapper's back go to the log, and the FORK
 * record (0: none) says so to the next process that makes it. */
void announcement_renew_modules(session_reference fork);

#endif
