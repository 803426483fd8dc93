/*
 * What ended other processes: signals that this one sends, and what it is told of its children's
 * ends. Who waits for what such a process had in hand wants to know.
 */
#ifndef FORKCHECK_RECORD_SIGNALS_H
#define FORKCHECK_RECORD_SIGNALS_H

#include "shim.h"
#include <sys/types.h>

/* Before a signal is sent to a process; only those that end one are noted. */
void signals_note_sent(pid_t pid, int signal);

/* A child was ended by that signal, as wait() and its kin said. */
void signals_note_ended(pid_t pid, int signal);

#endif
