/*
 * A thread's entry for a part of libc that takes a lock of its own ("region"): it is inside.
 */
#ifndef FORKCHECK_STATE_REGION_SLOT_H
#define FORKCHECK_STATE_REGION_SLOT_H

#include "common/log_format.h"
#include "shim.h"

/* Written by its own thread only. */
struct region_slot {
	uint64_t since;  /* 0: not inside; written last */
	uint64_t closed; /* when it was left last, as in held_slot.since; 0: never */
	const void *site;
	const void *sp;
	session_reference wait; /* in a child that may meet an orphan: this call's record */
	struct stack_registers registers; /* of the wrapper, whose frame lives while it is inside */
};

static inline uint32_t region_bit(enum region region)
{
	return 1u << region;
}

#endif
