/*
 * Where a thing is that a process waits for, and in whose code it is used: most have no name,
 * and an address says nothing to who reads it.
 */
#ifndef FORKCHECK_OBJECT_PLACE_H
#define FORKCHECK_OBJECT_PLACE_H

#include "judgement.h"

/* Fills place and user of finding->lock, whose address is known. The stack of finding->child must
 * be there. */
void object_place(struct judgement *judgement, struct finding *finding,
		  const struct record_hang *hang);

/* The same of a futex of which nothing else is known; finding->lock is filled in, if the hang
 * waits on one. */
void object_place_of_futex(struct judgement *judgement, struct finding *finding,
			   const struct record_hang *hang);

/* What a task of a ring waits on: "shared_lock", or "in shared memory /dev/shm/jobs". NULL: it is
 * not known. */
const char *object_place_in_ring(struct judgement *judgement, const struct record_ring *ring);

#endif
