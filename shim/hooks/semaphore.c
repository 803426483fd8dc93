/*
 * The hooks of sem_*() note who posts and who takes. A semaphore has no owner: who takes from
 * it may be another than who posts. Who did so last is noted, and where processes share it,
 * how often each process did. sem_wait() is a cancellation point; nothing is held here that
 * would have to be unwound.
 */
#include "base/real.h"
#include "hooks/lock.h"
#include "record/lost_work.h"
#include "record/ownerless.h"
#include "record/shares.h"
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

/* The rest is jumped to: a store before an atomic instruction holds it up. */
static __attribute__((noinline)) int post_noting(sem_t *semaphore, const void *site)
{
	real_ensure();
	object_gave(semaphore, LOCK_SEMAPHORE, site);
	if (share_is_in(semaphore))
		share_gives(semaphore);
	return real_sem_post(semaphore);
}

EXPORT int sem_post(sem_t *semaphore)
{
	const void *site = __builtin_return_address(0);

	if (unlikely(share_is_in(semaphore)) ||
	    !object_gave_is_noted(semaphore, LOCK_SEMAPHORE, site))
		return post_noting(semaphore, site);
	return real_sem_post(semaphore);
}

static int took(int result, const sem_t *semaphore, bool is_shared, struct call_site site)
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
	return 0;
}

/*
 * The caller took from it last, from the same line, and there is something to take: when it
 * has it nothing will have to be noted, and the real function can be jumped to. A thread that
 * comes in between is noted as the last one for longer than it is; so it is, for as short a
 * chance, between any call and its note.
 */
static inline bool is_noted(const sem_t *semaphore, const void *site)
{
	return glibc_semaphore_value(semaphore) && likely(!share_is_in(semaphore)) &&
	       object_took_is_noted(semaphore, LOCK_SEMAPHORE, site);
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
	return took(result, semaphore, is_shared, site);
}

EXPORT int sem_wait(sem_t *semaphore)
{
	struct call_site site = CALL_SITE();

	if (is_noted(semaphore, site.address))
		return real_sem_wait(semaphore);
	return wait_noting(semaphore, site);
}

static __attribute__((noinline)) int try_noting(sem_t *semaphore, struct call_site site)
{
	bool is_shared = share_is_in(semaphore);

	real_ensure();
	return took(real_sem_trywait(semaphore), semaphore, is_shared, site);
}

EXPORT int sem_trywait(sem_t *semaphore)
{
	struct call_site site = CALL_SITE();

	if (is_noted(semaphore, site.address))
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
	return took(result, semaphore, is_shared, site);
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
	return took(result, semaphore, is_shared, site);
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
	}
	return result;
}

EXPORT int sem_destroy(sem_t *semaphore)
{
	real_ensure();
	object_forgotten(semaphore, LOCK_SEMAPHORE);
	share_forgotten(semaphore);
	return real_sem_destroy(semaphore);
}

/* What is mapped there next is another one. */
EXPORT int sem_close(sem_t *semaphore)
{
	real_ensure();
	object_forgotten(semaphore, LOCK_SEMAPHORE);
	share_forgotten(semaphore);
	return real_sem_close(semaphore);
}
