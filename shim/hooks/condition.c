/*
 * The hooks of condition variables see here a mutex given up and taken back. Who finds what it
 * looks for does not wait: so the mutex that goes with a condition hands over, too.
 */
#include "hooks/condition.h"
#include "record/late_order.h"
#include "record/ownerless.h"
#include "record/python_gil.h"
#include "record/sections.h"
#include "state/held.h"
#include "state/watched_locks.h"

void condition_wait_begins(struct thread *thread, const void *condition, const void *mutex)
{
	int saved = errno;

	if (!thread)
		return;
	sections_wait(thread);
	if (python_gil_owns(condition)) {
		python_gil_meet(condition);
	} else {
		late_order_begins(thread, mutex);
		handover_gives(thread, (uintptr_t)mutex);
	}
	restore_errno(saved);
}

void condition_wait_ends(struct thread *thread, const void *condition, const void *mutex,
			 enum lock_kind kind, struct call_site site)
{
	int saved = errno;

	if (!thread)
		return;
	if (!python_gil_owns(condition)) {
		handover_takes(thread, object_key(condition, LOCK_CONDITION));
		handover_takes(thread, (uintptr_t)mutex);
	}
	sections_waited(thread, mutex, kind, site);
	restore_errno(saved);
}

/* Nobody has waited with it so far: the mutexes that the thread has are those that it could be. */
static void watch_held(struct thread *thread)
{
	const struct held_slot *slot;

	for (uint32_t cursor = 0; (slot = held_next(thread, &cursor));)
		if (slot->lock && since_is_open(slot->since) &&
		    (held_kind(thread, slot) == LOCK_MUTEX ||
		     held_kind(thread, slot) == LOCK_MTX) &&
		    !(watch_of(held_lock(slot)) & WATCH_HANDS_OVER)) {
			late_order_begins(thread, held_lock(slot));
			held_watch(thread, held_lock(slot));
		}
}

static bool has_handing_mutex(struct thread *thread)
{
	const struct held_slot *slot;

	for (uint32_t cursor = 0; (slot = held_next(thread, &cursor));)
		if (slot->lock & SLOT_WATCHED && since_is_open(slot->since) &&
		    watch_of(held_lock(slot)) & WATCH_HANDS_OVER)
			return true;
	return false;
}

void condition_signals(const void *condition)
{
	struct thread *thread = thread_current();
	int saved = errno;

	if (!thread)
		return;
	if (python_gil_owns(condition)) {
		python_gil_meet(condition);
	} else {
		if (!has_handing_mutex(thread))
			watch_held(thread);
		handover_gives(thread, object_key(condition, LOCK_CONDITION));
	}
	restore_errno(saved);
}
