/*
 * What memory the word is in that a process waits on: where no symbol covers it, that is all
 * that is known of it from outside.
 */
#ifndef FORKCHECK_AWAITED_PLACE_H
#define FORKCHECK_AWAITED_PLACE_H

#include "session/writer.h"
#include <stdint.h>
#include <sys/types.h>

/* Writes a PLACE record of an address that a task of the process `pid` waits on. `serial` is that
 * of the process. Nothing where it may not be read. */
void place_record(uint32_t serial, pid_t pid, pid_t tid, struct writer *writer, uint64_t address);

#endif
