/*
 * Waits that are begun again for ever and mean nothing: a thread that wants an
 * interpreter's global lock wakes every few milliseconds to ask for it, and
 * does nothing else until it has it.
 */
#ifndef FORKCHECK_INTERPRETER_H
#define FORKCHECK_INTERPRETER_H

#include "session/model.h"
#include <stdbool.h>
#include <stdint.h>

/* True when an address of a process is (part of) a known interpreter's own lock. */
bool interpreter_owns(struct model *model, uint32_t process, uint64_t address);

#endif
