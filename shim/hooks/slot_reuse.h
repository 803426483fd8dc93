/*
 * Taking a slot over without leaving the common path: another lock or another
 * line than last time, but a line that was seen before.
 */
#ifndef FORKCHECK_HOOKS_SLOT_REUSE_H
#define FORKCHECK_HOOKS_SLOT_REUSE_H

#include "base/process.h"
#include "state/thread.h"

/* The slot for `lock` could be opened: it is free, and the line has its snapshot. */
static inline bool slot_is_reusable(const struct thread *thread, uint32_t index,
				    enum lock_kind kind, struct call_site site)
{
	const struct snapshot *snapshot = &thread->snapshots[capture_index(site.address, site.sp)];

	return thread->held.is_open && !held_fast[index].since &&
	       thread->held.kinds[index] == kind && !thread->held.flags[index] &&
	       capture_matches(snapshot, site.address, site.sp);
}

/* A signal handler that locks in here must not see half a slot as its own. */
static inline void slot_reuse(struct held_slot *slot, uintptr_t lock, struct call_site site)
{
	slot->lock = 0;
	atomic_signal_fence(memory_order_seq_cst);
	slot->site = site.address;
	slot->sp = site.sp;
	slot->since = time_coarse();
	atomic_signal_fence(memory_order_seq_cst);
	slot->lock = lock;
}

#endif
