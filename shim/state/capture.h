/*
 * Copies registers and stack bytes. The CLI unwinds; nothing here knows what
 * a frame is, so nothing here takes a lock or can fail in a fork child.
 */
#ifndef FORKCHECK_STATE_CAPTURE_H
#define FORKCHECK_STATE_CAPTURE_H

#include "common/log_format.h"
#include "common/thread_layout.h"
#include "log/kept_facts.h"
#include "shim.h"

struct thread;

/* Makes sure that the thread has a snapshot of this call site. */
void capture_snapshot(struct thread *thread, struct call_site site);
/* Where in a thread's snapshots a call site is looked for first. */
static inline uint32_t capture_index(const void *site, const void *sp)
{
	uint64_t hash = ((uintptr_t)site ^ (uintptr_t)sp << 7) * 0x9e3779b97f4a7c15u;

	return (uint32_t)(hash >> 60);
}
_Static_assert(SNAPSHOTS == 16, "capture_index() yields four bits");
static inline bool capture_matches(const struct snapshot *snapshot, const void *site,
				   const void *sp)
{
	return snapshot->site == site && snapshot->sp == sp && snapshot->length;
}
/* The snapshot of a call site, NULL when there is none any more. */
const struct snapshot *capture_find(const struct thread *thread, const void *site, const void *sp);

/* The whole stack of the calling thread as a STACK record (interned by its code addresses). */
session_reference capture_stack(struct thread *thread);
/* The same from other registers of the thread's: a signal has interrupted it there. */
session_reference capture_stack_from(struct thread *thread,
				     const struct stack_registers *registers);
/* The same as a fact that is kept. */
kept_fact capture_keep(struct thread *thread);
/*
 * The same, but only once per call site and depth: later passes
 * get the first one, "first seen". No more than the innermost `limit` bytes of it.
 */
kept_fact capture_stack_once(struct thread *thread, struct call_site site, size_t limit);
/* Enough to name a lock by where it was made: an interpreter makes locks at
 * hundreds of depths, and whole stacks of them would fill the memory. */
#define CAPTURE_INNERMOST 2048

/* In a fork child: nobody else is capturing any more. */
void capture_in_child(void);

/* A snapshot as a STACK record (interned). */
session_reference capture_record_snapshot(const struct snapshot *snapshot);
/* In a fork child: what a thread that is not there had on its stack from `sp`
 * up, as a STACK record without registers. */
session_reference capture_record_frozen(const struct thread *holder, uintptr_t sp);

#endif
