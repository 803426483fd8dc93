/*
 * The wrappers of all families of locks call these functions before and after the real
 * call. They run in any thread, and in fork children that inherited locks.
 */
#include "hooks/lock.h"
#include "base/process.h"
#include "fork/orphans.h"
#include "record/sections.h"
#include "record/taken.h"
#include "state/lock_marks.h"
#include "state/schedule.h"
#include "state/thread.h"
#include "state/watched_locks.h"

static uint32_t wait_flags(enum lock_operation operation)
{
	switch (operation) {
	case OPERATION_TRYLOCK:
	case OPERATION_READ_TRYLOCK:
		return WAIT_TRY;
	case OPERATION_TIMEDLOCK:
	case OPERATION_CLOCKLOCK:
	case OPERATION_READ_TIMEDLOCK:
	case OPERATION_READ_CLOCKLOCK:
		return WAIT_TIMED;
	default:
		return 0;
	}
}

void lock_acquire_begins(struct thread *thread, const void *lock)
{
	atomic_fetch_add_explicit(&thread->asks_begun, 1, memory_order_relaxed);
	atomic_store_explicit(&thread->asks, lock, memory_order_release);
}

void lock_acquire_ends(struct thread *thread)
{
	if (process.inherits)
		atomic_store_explicit(&thread->asks, NULL, memory_order_release);
}

/* It went on. */
static void forget_tried(struct thread *thread, const void *lock)
{
	if (atomic_load_explicit(&thread->tried.lock, memory_order_relaxed) == (uintptr_t)lock)
		atomic_store_explicit(&thread->tried.lock, 0, memory_order_relaxed);
}

static void note_tried(struct thread *thread, const void *lock, enum lock_kind kind)
{
	struct tried_lock *tried = &thread->tried;

	if (atomic_load_explicit(&tried->lock, memory_order_relaxed) != (uintptr_t)lock) {
		atomic_store_explicit(&tried->lock, 0, memory_order_relaxed);
		atomic_store_explicit(&tried->count, 0, memory_order_relaxed);
		atomic_store_explicit(&tried->kind, kind, memory_order_relaxed);
		atomic_store_explicit(&tried->lock, (uintptr_t)lock, memory_order_release);
	}
	atomic_fetch_add_explicit(&tried->count, 1, memory_order_release);
}

void lock_tried(struct thread *thread, const void *lock, enum lock_kind kind, int result)
{
	if (likely(!thread->fork_depth))
		return;
	if (result == EBUSY || result == ETIMEDOUT)
		note_tried(thread, lock, kind);
	else
		forget_tried(thread, lock);
}

session_reference lock_before_acquire(struct thread *thread, const void *lock, enum lock_kind kind,
				      enum lock_operation operation)
{
	session_reference wait;

	if (!process.inherits)
		return 0;
	wait = orphan_wait(thread, lock, kind, operation, wait_flags(operation));
	if (!wait)
		lock_acquire_begins(thread, lock);
	return wait;
}

uint32_t lock_how(enum lock_operation operation)
{
	return (wait_flags(operation) ? TAKEN_BOUNDED : 0) |
	       (is_for_reading(operation) ? TAKEN_FOR_READING : 0);
}

/* A slot that is closed at a moment before the mark would be another lock's. */
static void mark(struct thread *thread, const void *lock, enum lock_kind kind)
{
	if (lock_marked(lock, kind) > closing_moment(held_closing))
		moment_begin(thread);
	if (kind != LOCK_SEMAPHORE)
		lock_mark(lock, kind, closing_moment(held_closing));
}

void lock_taken(struct thread *thread, const void *lock, enum lock_kind kind, enum held_mode mode,
		uint32_t how, struct call_site site)
{
	bool is_tried = how & LOCK_TRIED;

	how &= ~LOCK_TRIED;
	if (process.inherits)
		taken_note(thread, lock, kind, how, site);
	if (unlikely(watch_of(lock) & WATCH_HANDS_OVER))
		handover_takes(thread, (uintptr_t)lock);
	sections_taken(thread, lock, kind, how, site);
	mark(thread, lock, kind);
	held_open(thread, lock, kind, mode, site);
	schedule_acquired(thread, lock, kind, is_tried, site);
}

void lock_remade(struct thread *thread, const void *lock)
{
	if (process.inherits)
		taken_made(lock);
	held_forget(thread, lock);
}

static enum held_mode mode_of(enum lock_kind kind, enum lock_operation operation)
{
	return lock_family(kind)->names_writers && !is_for_reading(operation) ? HELD_NAMED
									      : HELD_PLAIN;
}

void lock_after_acquire(struct thread *thread, const void *lock, enum lock_kind kind,
			enum lock_operation operation, session_reference wait, int result,
			struct call_site site)
{
	int saved = errno;

	if (wait)
		orphan_wait_ended(wait, result);
	if (result == 0 && !(is_for_reading(operation) && held_again(thread, lock)))
		lock_taken(thread, lock, kind, mode_of(kind, operation), lock_how(operation), site);
	lock_tried(thread, lock, kind, result);
	lock_acquire_ends(thread);
	errno = saved;
}

/* Afterwards the lock may be somebody else's, or gone. What a child inherited is its
 * business only once the call has succeeded. */
uint64_t lock_before_release(struct thread *thread, const void *lock)
{
	int saved = errno;
	uint64_t closing = held_before_release(thread, lock);

	sections_released(thread, lock);
	if (!process.inherits)
		held_close(thread, lock, closing);
	restore_errno(saved);
	return closing;
}

void lock_after_release(struct thread *thread, const void *lock, uint64_t closing, int result)
{
	int saved = errno;

	if (!process.inherits)
		return;
	if (result == 0)
		held_close(thread, lock, closing);
	orphan_touch(thread, lock, OPERATION_UNLOCK, result);
	errno = saved;
}

void lock_made(struct thread *thread, const void *lock, bool is_private, struct call_site site)
{
	int saved = errno;

	lock_remade(thread, lock);
	lock_initialised(thread, lock, is_private, site);
	if (process.inherits)
		orphan_touch(thread, lock, OPERATION_INIT, 0);
	errno = saved;
}

void lock_unmade(struct thread *thread, const void *lock)
{
	int saved = errno;

	lock_forgotten(lock);
	if (process.inherits)
		orphan_touch(thread, lock, OPERATION_DESTROY, 0);
	errno = saved;
}
