/*
 * The locks that a fork child cannot get are kept here, and WAIT and TOUCH records are written
 * wherever it meets one. This runs around the child's own calls, which may wait.
 */
#include "fork/orphans.h"
#include "base/mappings.h"
#include "base/process.h"
#include "common/raw.h"
#include "fork/announcement.h"
#include "fork/lost_holder.h"
#include "log/kept_facts.h"
#include "log/log.h"
#include "record/held_records.h"
#include "record/private_facts.h"
#include "record/python_frames.h"
#include "state/capture.h"
#include "state/held.h"
#include "state/initialised_locks.h"
#include "state/lock_families.h"
#include "state/thread.h"
#include <string.h>

#define ORPHANS 1024

/* Locks that lost threads held at the clone, as far as the tables knew. */
struct orphan {
	const void *lock;
	pid_t owner;
	enum lock_kind kind;
	session_reference held;
	session_reference tried; /* the WAIT record that counts the tries to take it */
	enum memory_kind memory;
	bool touched;
};

static struct orphan orphans[ORPHANS];

/* NULL: there is no room. */
static struct orphan *orphans_add(const void *lock, enum lock_kind kind, pid_t owner,
				  session_reference held)
{
	struct orphan *orphan;

	if (process.orphan_count == ORPHANS)
		return NULL;
	orphan = &orphans[process.orphan_count++];
	*orphan = (struct orphan){.lock = lock, .owner = owner, .kind = kind, .held = held};
	return orphan;
}

void orphan_add(const void *lock, enum lock_kind kind, pid_t owner, session_reference held)
{
	orphans_add(lock, kind, owner, held);
}

IN_CHILD void orphans_in_child(void)
{
	process.orphan_count = 0;
}

static struct orphan *find_orphan(const void *lock)
{
	for (uint32_t i = 0; i < process.orphan_count; i++)
		if (orphans[i].lock == lock)
			return &orphans[i];
	return NULL;
}

/* A HELD record says what its writer was told, at this fork or at one like it. */
static enum memory_kind memory_of(struct orphan *orphan)
{
	const struct record_held *held = orphan->held ? log_record(orphan->held) : NULL;

	if (orphan->memory == MEMORY_UNKNOWN && held)
		orphan->memory =
			held->flags & HELD_IN_SHARED_MEMORY ? MEMORY_SHARED : MEMORY_PRIVATE;
	else if (orphan->memory == MEMORY_UNKNOWN)
		orphan->memory = maps_look_up(orphan->lock).kind;
	return orphan->memory;
}

/* A normal lock of the forking thread is no orphan at the clone; it is one
 * when the same thread asks for it again without having given it back. */
static session_reference record_own_lock(struct thread *thread, const void *lock, const void *state,
					 size_t size)
{
	struct held_slot *slot = held_find(thread, lock);

	if (!slot)
		return 0;
	return held_record(thread, slot, kept_reference(process.born_by), HELD_BY_FORKER, state,
			   size);
}

static session_reference orphans_write_wait(struct thread *thread, const void *lock,
					    const struct lock_family *family, const void *state,
					    const struct orphan *orphan, pid_t owner,
					    enum lock_operation operation, uint32_t flags)
{
	session_reference reference, who = thread_record(thread), stack = capture_stack(thread);
	session_reference python = kept_reference(python_capture(thread, thread->capture_sp));
	struct record_wait *record = log_claim(sizeof(*record), &reference);

	if (!record)
		return 0;
	record->fork = process.fork;
	record->thread = who;
	record->held = orphan->held;
	record->is_in_shared_memory = orphan->memory == MEMORY_SHARED;
	record->stack = stack;
	record->python = python;
	record->lock = (uintptr_t)lock;
	record->kind = family->kind;
	record->flags = flags;
	record->owner = owner;
	record->tid = thread_kernel_tid(thread);
	record->operation = operation;
	record->state_length = (uint32_t)family->size;
	memcpy(record->state, state, family->size);
	record->initialised = lock_initialised_at(lock);
	log_commit(record, RECORD_WAIT);
	return reference;
}

/* The fork by which this process lost a thread, perhaps as an ancestor of itself. */
static session_reference fork_that_lost(const struct thread *thread)
{
	if (process.epoch - thread->epoch > FORMER_FORKS)
		return process.fork;
	return process.forks[thread->epoch % FORMER_FORKS];
}

/* What was not written at the clone. In memory that the parent shares, its threads may have
 * taken the lock since, from wherever. */
static session_reference record_late(struct thread *thread, const struct orphan *orphan,
				     const void *state, size_t size,
				     const struct lost_holder *holder)
{
	if (orphan->memory == MEMORY_SHARED)
		return 0;
	if (holder->slot)
		return held_record(holder->thread, holder->slot, fork_that_lost(holder->thread),
				   HELD_IN_WINDOW, state, size);
	if (!lost_holder_is_former(holder->tid))
		return 0;
	return record_own_lock(thread, orphan->lock, state, size);
}

/* Polling with trylock would fill the log: the first failure is written, the others are
 * counted there. */
static bool is_tried_again(struct orphan *orphan, uint32_t flags)
{
	if (!flags || !orphan || !orphan->touched)
		return false;
	if (orphan->tried)
		atomic_fetch_add_explicit(&((struct record *)log_record(orphan->tried))->count, 1,
					  memory_order_relaxed);
	return true;
}

/*
 * In memory that the parent shares its threads go on with the lock, and a try gets it from
 * them. So does a wait, unless the wake-up stays in the parent.
 */
static bool is_kept_by_parent(struct orphan *orphan, const struct lock_family *family,
			      const void *state, uint32_t flags)
{
	return memory_of(orphan) == MEMORY_SHARED &&
	       (flags || !family->wakes_own_only || !family->wakes_own_only(state));
}

/* A reader gets what other readers have. */
static bool can_be_had(const struct lock_family *family, enum lock_operation operation,
		       const void *state)
{
	return is_for_reading(operation) && !family->owner(state) &&
	       !(family->keeps_readers_out && family->keeps_readers_out(state));
}

/* A sleep that a signal handler interrupts ends with a new look at the lock. */
static uint32_t interruption(const struct orphan *orphan)
{
	return orphan->memory == MEMORY_SHARED && facts_catch_signals() ? WAIT_UNTIL_SIGNAL : 0;
}

static session_reference record_wait(struct thread *thread, struct orphan *orphan,
				     const struct lock_family *family, const void *state,
				     const struct lost_holder *holder,
				     enum lock_operation operation, uint32_t flags)
{
	session_reference wait;

	if (orphan->memory == MEMORY_SHARED && orphan->owner != holder->tid)
		orphan->held = 0;
	if (!orphan->held)
		orphan->held = record_late(thread, orphan, state, family->size, holder);
	orphan->touched = true;
	announcement_renew_modules(0);
	wait = orphans_write_wait(thread, orphan->lock, family, state, orphan, holder->tid,
				  operation, flags | interruption(orphan));
	if (flags)
		orphan->tried = wait;
	log_announce();
	return wait;
}

/* Made for several processes, and where others can have it: the parent's threads give it back. In
 * memory of this process alone it is a copy like any other. */
static bool is_everybodys(const struct lock_family *family, const void *lock, const void *state)
{
	return lock_is_shared(family, lock, state) && maps_look_up(lock).kind != MEMORY_PRIVATE;
}

session_reference orphan_wait(struct thread *thread, const void *lock, enum lock_kind kind,
			      enum lock_operation operation, uint32_t flags)
{
	const struct lock_family *family = lock_family(kind);
	_Alignas(16) unsigned char state[SESSION_LOCK_STATE_MAX];
	struct orphan unlisted = {.lock = lock, .kind = kind}, *orphan = find_orphan(lock);
	struct lost_holder holder;
	session_reference wait = 0;
	int saved = errno;

	memcpy(state, lock, family->size);
	if (can_be_had(family, operation, state))
		return 0;
	holder = lost_holder_find(thread, lock, family, state, is_for_reading(operation));
	if (!holder.tid || is_tried_again(orphan, flags) || is_everybodys(family, lock, state)) {
		errno = saved;
		return 0;
	}
	if (!orphan)
		orphan = orphans_add(lock, kind, holder.tid, 0);
	if (!orphan)
		orphan = &unlisted;
	if (!is_kept_by_parent(orphan, family, state, flags))
		wait = record_wait(thread, orphan, family, state, &holder, operation, flags);
	errno = saved;
	return wait;
}

void orphan_wait_ended(session_reference reference, int result)
{
	struct record_wait *record = log_record(reference);

	atomic_store(&record->result, result);
	atomic_store(&record->ended_ns, time_now());
}

static void record_touch(struct thread *thread, const struct orphan *orphan,
			 enum lock_operation operation, int result)
{
	session_reference reference, stack = capture_stack(thread), who = thread_record(thread);
	struct record_touch *record = log_claim(sizeof(*record), &reference);

	if (!record)
		return;
	record->fork = process.fork;
	record->thread = who;
	record->stack = stack;
	record->operation = operation;
	record->lock = (uintptr_t)orphan->lock;
	record->kind = orphan->kind;
	record->result = result;
	record->held = orphan->held;
	record->flags = thread->fork_depth ? TOUCH_FROM_HANDLER : 0;
	log_commit(record, RECORD_TOUCH);
}

void orphan_touch(struct thread *thread, const void *lock, enum lock_operation operation,
		  int result)
{
	struct orphan *orphan = find_orphan(lock);
	int saved = errno;

	if (!orphan || orphan->touched)
		return;
	orphan->touched = true;
	if (memory_of(orphan) != MEMORY_SHARED)
		record_touch(thread, orphan, operation, result);
	errno = saved;
}

/* A lock can be made anew by assignment, which no wrapper sees. */
static bool is_still_orphaned(const struct orphan *orphan)
{
	struct held_slot slot = {.lock = (uintptr_t)orphan->lock, .since = 1};

	return lock_is_held(&slot, orphan->kind, orphan->owner, NULL);
}

IN_CHILD void orphans_at_end(void)
{
	struct thread *thread;

	/* The last chance to find out that this is one. */
	if (process.active && process_is_new())
		thread_current();
	if (!process.active || !process.orphan_count || process.kind != BIRTH_CHILD)
		return;
	/* A vfork child ends in its parent's memory. */
	if (!process.is_filtered && raw_getpid() != process.pid)
		return;
	thread = thread_current();
	for (uint32_t i = 0; thread && i < process.orphan_count; i++)
		if (!orphans[i].touched && !is_still_orphaned(&orphans[i]))
			orphan_touch(thread, orphans[i].lock, OPERATION_OVERWRITTEN, 0);
}
