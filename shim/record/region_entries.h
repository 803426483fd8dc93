/*
 * Who is inside a part of libc that takes a lock of its own ("region").
 *
 * Inside is not the same as holding: a thread may be just before the lock or
 * just after it. So an entry found at a clone is a claim, never a proof; the
 * proof is a child that rests in libc's memory inside the same region (cli/watch).
 */
#ifndef FORKCHECK_REGIONS_H
#define FORKCHECK_REGIONS_H

#include "common/log_format.h"
#include "shim.h"

struct thread;

/* Written by its own thread only. */
struct region_slot {
	uint64_t since; /* 0: not inside; written last */
	const void *site;
	const void *sp;
	session_reference wait; /* in a child that may meet an orphan: this call's record */
	struct stack_registers registers; /* of the wrapper, whose frame lives while it is inside */
};

/* In a fork child, before it becomes a process of its own: what were the threads
 * inside of that it does not have? */
void regions_inherit(struct thread *survivor, session_reference fork, bool any_lost);

#endif
