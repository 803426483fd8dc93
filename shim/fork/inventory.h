/*
 * What a fork child finds of its parent: the threads that it does not have, what they held,
 * and what its own thread cannot give back. Taken first thing in the child, alone, on the
 * frozen copy of the parent.
 */
#ifndef FORKCHECK_FORK_INVENTORY_H
#define FORKCHECK_FORK_INVENTORY_H

#include "state/thread.h"

struct inventory {
	struct thread *survivor;
	bool keeps_id; /* the survivor's own locks still know it */
	session_reference fork;
	uint32_t parent;     /* serial of the parent */
	uint32_t generation; /* of its set of threads */
	uint32_t lost;       /* threads */
	uint32_t overflowed;
	uint32_t held;    /* locks of lost threads */
	uint32_t regions; /* bits: some thread was ever inside */
};

/* Writes LOST and HELD records for the threads that are not there. */
void inventory_in_child(struct inventory *inventory, struct thread *survivor);
/* HELD records for locks of the thread that is. */
void inventory_of_survivor(struct inventory *inventory);

#endif
