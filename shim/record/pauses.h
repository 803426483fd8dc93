/*
 * How a thread waits for what no hook sees: a flag in memory, a file, the time. It pauses, looks,
 * and pauses again.
 */
#ifndef FORKCHECK_RECORD_PAUSES_H
#define FORKCHECK_RECORD_PAUSES_H

#include "shim.h"

struct thread;

/* The calling thread is about to pause for a while. Async-signal-safe. */
void pause_note(struct thread *thread, struct call_site site);

#endif
