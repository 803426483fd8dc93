/*
 * Taking a slot over without leaving the common path: another lock or another
 * line than last time, but a line that was seen before.
 */
#ifndef FORKCHECK_HOOKS_SLOT_REUSE_H
#define FORKCHECK_HOOKS_SLOT_REUSE_H

#include "base/process.h"
#include "state/held.h"
#include "state/lock_marks.h"
#include "state/thread.h"
#include "state/watched_locks.h"

/* What the slow path would note of it was noted: its mark, and that this thread came by with it
 * since the last fork. Nothing watches it. */
static inline bool lock_is_noted(const struct thread *thread, const void *lock, enum lock_kind kind)
{
	return (lock_marked(lock, kind) || !lock_mark_place(lock, kind)) &&
	       section_is_seen(&thread->sections, lock) && !watch_of(lock);
}

/* The slot for `lock` could be opened: it is free, and the line has its snapshot. */
static inline bool slot_is_reusable(const struct thread *thread, const void *lock,
				    enum lock_kind kind, struct call_site site)
{
	uint32_t index = held_index(lock);
	const struct snapshot *snapshot = &thread->snapshots[capture_index(site.address, site.sp)];

	return thread->held.is_open && !since_is_open(held_fast[index].since) &&
	       thread->held.kinds[index] == kind && !thread->held.flags[index] &&
	       capture_matches(snapshot, site.address, site.sp) &&
	       lock_is_noted(thread, lock, kind);
}

/* A signal handler that locks in here must not see half a slot as its own. */
static inline void slot_reuse(struct thread *thread, uintptr_t lock, struct call_site site)
{
	const void *address = (const void *)(lock & ~SLOT_BITS);
	struct held_slot *slot = &held_fast[held_index(address)];

	if (unlikely(held_lock(slot) != address))
		held_move_aside(thread, held_index(address));
	slot->lock = 0;
	atomic_thread_fence(memory_order_release);
	slot->site = site.address;
	slot->sp = site.sp;
	slot->since = time_coarse();
	atomic_thread_fence(memory_order_release);
	slot->lock = lock;
}

#endif
