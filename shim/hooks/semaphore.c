/*
 * The hooks of sem_*() note who posts and who takes. A semaphore has no owner: who takes from
 * it may be another than who posts. Who did so last is noted, and where processes share it,
 * how often each process did. sem_wait() is a cancellation point; nothing is held here that
 * would have to be unwound.
 */
#include "base/real.h"
#include "hooks/lock.h"
#include "hooks/slot_reuse.h"
#include "record/loaded_interpreter.h"
#include "record/lost_work.h"
#include "record/ownerless.h"
#include "record/python_frames.h"
#include "record/sections.h"
#include "record/shares.h"
#include "state/lock_marks.h"
#include "state/thread.h"
#include <semaphore.h>
#include <time.h>

REAL(int, sem_wait, (sem_t *));
REAL(int, sem_trywait, (sem_t *));
REAL(int, sem_timedwait, (sem_t *, const struct timespec *));
REAL(int, sem_clockwait, (sem_t *, clockid_t, const struct timespec *));
REAL(int, sem_post, (sem_t *));
REAL(int, sem_init, (sem_t *, int, unsigned));
REAL(int, sem_destroy, (sem_t *));
REAL(int, sem_close, (sem_t *));

/* The interpreter gives back a thread's own lock when the thread has come to its end, for who joins
 * it; up to 3.12. */
static bool tells_end(struct thread *thread, const sem_t *semaphore)
{
	return interpreter_loaded() && lock_marked(semaphore, LOCK_SEMAPHORE) &&
	       !semaphore_is_own(semaphore) && !python_capture(thread, (uintptr_t)CALL_SITE().sp);
}

/*
 * A thread that gives back what it took uses the semaphore as a lock, and has a slot for it. Who
 * gives to others hands something over.
 */
static void note_post(const sem_t *semaphore)
{
	struct thread *thread = thread_current();
	int saved = errno;
	bool is_lock;

	if (!thread)
		return;
	is_lock = object_was_taken_by(semaphore, LOCK_SEMAPHORE);
	if (is_lock) {
		sections_released(thread, semaphore);
		held_close(thread, semaphore, held_closing);
	}
	if (!is_lock || tells_end(thread, semaphore))
		handover_gives(thread, object_key(semaphore, LOCK_SEMAPHORE));
	restore_errno(saved);
}

static __attribute__((noinline)) int post_noting(sem_t *semaphore, const void *site)
{
	real_ensure();
	note_post(semaphore);
	object_gave(semaphore, LOCK_SEMAPHORE, site);
	if (share_is_in(semaphore))
		share_gives(semaphore);
	return real_sem_post(semaphore);
}

EXPORT int sem_post(sem_t *semaphore)
{
	const void *site = __builtin_return_address(0);
	struct held_slot *slot = &held_fast[held_index(semaphore)];

	if (unlikely(share_is_in(semaphore)) || slot->lock != (uintptr_t)semaphore ||
	    !since_is_open(slot->since) || !object_gave_is_noted(semaphore, LOCK_SEMAPHORE, site))
		return post_noting(semaphore, site);
	slot->since = held_closing;
	return real_sem_post(semaphore);
}

/* As a lock it has a slot, once it is had. What is shared is everybody's. */
static void note_section(struct thread *thread, const sem_t *semaphore, uint32_t how,
			 struct call_site site)
{
	struct held_slot *slot = &held_fast[held_index(semaphore)];
	int saved = errno;

	handover_takes(thread, object_key(semaphore, LOCK_SEMAPHORE));
	/* Taken again and not given back: no lock, or one of several. */
	if (slot->lock == (uintptr_t)semaphore && since_is_open(slot->since))
		slot->since = time_coarse();
	else if (lock_marked(semaphore, LOCK_SEMAPHORE))
		lock_taken(thread, semaphore, LOCK_SEMAPHORE, HELD_PLAIN, how, site);
	restore_errno(saved);
}

static int took(int result, const sem_t *semaphore, bool is_shared, uint32_t how,
		struct call_site site)
{
	struct thread *thread = thread_known();

	/* Who was interrupted has not been refused: most wait again, as long as they like. */
	if (thread && !(result && errno == EINTR))
		lock_tried(thread, semaphore, LOCK_SEMAPHORE, result ? EBUSY : 0);
	if (result)
		return result;
	object_took(semaphore, LOCK_SEMAPHORE, site.address);
	if (is_shared)
		share_took(semaphore, site);
	else if (thread)
		note_section(thread, semaphore, how, site);
	return 0;
}

/*
 * The caller took from it last, from the same line, and there is something to take: when it
 * has it nothing will have to be noted, and the real function can be jumped to. A thread that
 * comes in between is noted as the last one for longer than it is; so it is, for as short a
 * chance, between any call and its note.
 */
static inline bool is_noted(const sem_t *semaphore, struct call_site site)
{
	struct held_slot *slot = &held_fast[held_index(semaphore)];

	if (!glibc_semaphore_value(semaphore) || unlikely(share_is_in(semaphore)) ||
	    !object_took_is_noted(semaphore, LOCK_SEMAPHORE, site.address) ||
	    !held_matches(slot, semaphore, site))
		return false;
	slot->since = time_coarse();
	return true;
}

/* A thread that was never met is met here, where it may stay. */
static struct awaited semaphore_wait_begins(const sem_t *semaphore)
{
	int saved = errno;
	struct awaited outer = lost_work_wait_begins(thread_current(), semaphore, NULL);

	errno = saved;
	return outer;
}

static __attribute__((noinline)) int wait_noting(sem_t *semaphore, struct call_site site)
{
	bool is_shared = share_is_in(semaphore);
	struct awaited outer;
	int result;

	real_ensure();
	outer = semaphore_wait_begins(semaphore);
	result = real_sem_wait(semaphore);
	lost_work_wait_ends(thread_known(), outer);
	return took(result, semaphore, is_shared, 0, site);
}

EXPORT int sem_wait(sem_t *semaphore)
{
	struct call_site site = CALL_SITE();

	if (is_noted(semaphore, site))
		return real_sem_wait(semaphore);
	return wait_noting(semaphore, site);
}

/* An interpreter tries first, wherever it means to wait, and then lets its other threads run. */
static uint32_t how_of_try(void)
{
	return LOCK_TRIED | (interpreter_loaded() ? 0 : TAKEN_BOUNDED);
}

static __attribute__((noinline)) int try_noting(sem_t *semaphore, struct call_site site)
{
	bool is_shared = share_is_in(semaphore);

	real_ensure();
	return took(real_sem_trywait(semaphore), semaphore, is_shared, how_of_try(), site);
}

EXPORT int sem_trywait(sem_t *semaphore)
{
	struct call_site site = CALL_SITE();

	if (is_noted(semaphore, site))
		return real_sem_trywait(semaphore);
	return try_noting(semaphore, site);
}

EXPORT int sem_timedwait(sem_t *semaphore, const struct timespec *until)
{
	struct call_site site = CALL_SITE();
	bool is_shared = share_is_in(semaphore);
	struct awaited outer;
	int result;

	real_ensure();
	outer = semaphore_wait_begins(semaphore);
	result = real_sem_timedwait(semaphore, until);
	lost_work_wait_ends(thread_known(), outer);
	return took(result, semaphore, is_shared, TAKEN_BOUNDED, site);
}

EXPORT int sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *until)
{
	struct call_site site = CALL_SITE();
	bool is_shared = share_is_in(semaphore);
	struct awaited outer;
	int result;

	real_ensure();
	if (!real_sem_clockwait) {
		errno = ENOSYS;
		return -1;
	}
	outer = semaphore_wait_begins(semaphore);
	result = real_sem_clockwait(semaphore, clock, until);
	lost_work_wait_ends(thread_known(), outer);
	return took(result, semaphore, is_shared, TAKEN_BOUNDED, site);
}

/*
 * Outside of any code of Python, or in the midst of os.fork(): a child's interpreter makes its
 * locks anew before it runs anything.
 */
static bool is_made_by_interpreter(struct thread *thread, struct call_site site)
{
	if (!interpreter_loaded())
		return false;
	if (thread->forked_python &&
	    python_capture(thread, thread->forked_sp) == thread->forked_python)
		return true;
	return !python_capture(thread, (uintptr_t)site.sp);
}

/* What was there before is another one. */
static void renew(sem_t *semaphore, int shared, struct call_site site)
{
	struct thread *thread = thread_current();
	int saved = errno;

	if (!thread)
		return;
	handover_forget(object_key(semaphore, LOCK_SEMAPHORE));
	lock_remade(thread, semaphore);
	if (!shared)
		semaphore_mark(semaphore, moment_begin(thread),
			       is_made_by_interpreter(thread, site));
	restore_errno(saved);
}

EXPORT int sem_init(sem_t *semaphore, int shared, unsigned value)
{
	struct call_site site = CALL_SITE();
	int result;

	real_ensure();
	result = real_sem_init(semaphore, shared, value);
	if (result == 0) {
		object_made(semaphore, LOCK_SEMAPHORE, site);
		share_forgotten(semaphore);
		renew(semaphore, shared, site);
	}
	return result;
}

EXPORT int sem_destroy(sem_t *semaphore)
{
	real_ensure();
	object_forgotten(semaphore, LOCK_SEMAPHORE);
	handover_forget(object_key(semaphore, LOCK_SEMAPHORE));
	share_forgotten(semaphore);
	return real_sem_destroy(semaphore);
}

/* What is mapped there next is another one. */
EXPORT int sem_close(sem_t *semaphore)
{
	real_ensure();
	object_forgotten(semaphore, LOCK_SEMAPHORE);
	handover_forget(object_key(semaphore, LOCK_SEMAPHORE));
	share_forgotten(semaphore);
	return real_sem_close(semaphore);
}
