/*
 * HELD records: locks that their holder can not give back in a fork child.
 */
#ifndef FORKCHECK_RECORD_HELD_RECORDS_H
#define FORKCHECK_RECORD_HELD_RECORDS_H

#include "state/held_table.h"

/*
 * Writes a HELD record for a slot whose lock's bytes are in `state` (interned).
 * `fork` is the FORK record of the clone in question.
 */
session_reference held_record(struct thread *holder, const struct held_slot *slot,
			      session_reference fork, uint32_t flags, const void *state,
			      size_t length);

/* In a child, at its start: nobody else has this copy of the lock. */
bool held_is_in_private_memory(const void *lock);

#endif
