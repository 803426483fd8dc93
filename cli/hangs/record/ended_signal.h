/*
 * The signal that ended a process, as long as nobody has asked the kernel for its end.
 */
#ifndef FORKCHECK_ENDED_SIGNAL_H
#define FORKCHECK_ENDED_SIGNAL_H

#include "session/writer.h"
#include <sys/types.h>

/* Writes a SIGNAL record where a signal has ended `pid` and its parent does not know yet: a
 * parent that asks says so itself. */
void ended_signal_record(pid_t pid, struct writer *writer);

#endif
