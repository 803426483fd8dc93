/*
 * The runtimes of a process that has no shim, which would have noted them: found by the symbols
 * that its files export.
 */
#ifndef FORKCHECK_WATCH_INTERPRETER_SYMBOLS_H
#define FORKCHECK_WATCH_INTERPRETER_SYMBOLS_H

#include "session/model.h"
#include <stdbool.h>
#include <sys/types.h>

struct interpreter_symbols {
	struct python_interpreter python; /* of the first CPython; runtime of 0: there is none */
	struct go_runtime go;             /* current of 0: none is known */
};

/* Asks each file of which code is mapped, anew at each call. False: neither is there. */
bool interpreter_find(pid_t pid, struct interpreter_symbols *found);

/*
 * What the process has noted itself, or, of one that is not observed, what its files say: that is
 * remembered for the last processes that were asked about. False: it has none.
 */
bool python_interpreter_of(const struct process_facts *process, pid_t pid,
			   struct python_interpreter *python);
bool go_runtime_of(const struct process_facts *process, pid_t pid, struct go_runtime *go);

#endif
