/*
 * What a process keeps in its own memory for the case that a fork makes it matter
 * (shim/log/kept_facts.h). A process that hangs cannot write it down any more: what is needed of
 * it is read from the outside and appended to the log.
 */
#ifndef FORKCHECK_WATCH_KEPT_H
#define FORKCHECK_WATCH_KEPT_H

#include "session/model.h"
#include "session/writer.h"
#include <sys/types.h>

/* `process` has the number `pid` here, and may be NULL. Both return 0 for none. */

/* The record of a STACK that it keeps; the one that it has written itself, if it has. */
session_reference kept_stack(const struct process_facts *process, pid_t pid, struct writer *writer,
			     uint64_t fact);
/* The record of the FORK that it was born by. */
session_reference kept_fork(const struct process_facts *process, pid_t pid, struct writer *writer);

#endif
