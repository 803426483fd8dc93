/*
 * Who is inside a part of libc that takes a lock of its own ("region").
 *
 * Inside is not the same as holding: a thread may be just before the lock or
 * just after it. So an entry found at a clone is a claim, never a proof; the
 * proof is a child that rests in libc's memory inside the same region (cli/watch).
 */
#ifndef FORKCHECK_RECORD_REGION_ENTRIES_H
#define FORKCHECK_RECORD_REGION_ENTRIES_H

#include "state/region_slot.h"

struct thread;

/* In a fork child, before it becomes a process of its own: what were the threads
 * inside of that it does not have? */
void regions_in_child(struct thread *survivor, session_reference fork, bool any_lost);

/* The entry that a call opens which could not in passing: the first one of a thread, a call
 * within a call, or one in a child that may meet an orphan. NULL: it opens none. */
struct region_slot *region_open(struct thread *thread, enum region region, struct call_site site);
/* The call for which that wrote a WAIT record has returned. */
void region_wait_ended(const struct region_slot *slot);

#endif
