/*
 * State that a fork copies although it is good for one use only: output that
 * waits to be written (stdio_output.h), random numbers (generators.h). Each state has an
 * identity, the same in all its copies.
 */
#ifndef FORKCHECK_RECORD_COPIED_H
#define FORKCHECK_RECORD_COPIED_H

#include "shim.h"

struct thread;

/* A new one; never 0. No other process of the session gives the same. */
uint64_t copied_identity(void);

/* Writes that this process used its copy, here. For output see also copied_record_output(). */
void copied_record(struct thread *thread, enum copied_kind kind, uint64_t identity, uint32_t flags);
void copied_record_output(struct thread *thread, uint64_t identity, uint32_t flags, int descriptor,
			  uint64_t length);

#endif
