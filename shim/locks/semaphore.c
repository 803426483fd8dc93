/*
 * sem_*. A semaphore has no owner: who takes from it may be another than who
 * posts. Who did so last is noted, and where processes share it, how often each
 * process did. sem_wait() is a cancellation point; nothing
 * is held here that would have to be unwound.
 */
#include "../objects.h"
#include "../real.h"
#include "../shares.h"
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

static inline bool is_simple(const sem_t *semaphore)
{
	return likely(real.ready) && !share_is_in(semaphore);
}

static COLD int post_slowly(sem_t *semaphore, const void *site)
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

	if (unlikely(!is_simple(semaphore)))
		return post_slowly(semaphore, site);
	object_gave(semaphore, LOCK_SEMAPHORE, site);
	return real_sem_post(semaphore);
}

/* Only what is needed after the real call is kept over it: whatever is stored before an
 * atomic instruction holds it up. */
static inline int took(int result, const sem_t *semaphore, const void *site)
{
	if (likely(result == 0))
		object_took(semaphore, LOCK_SEMAPHORE, site);
	return result;
}

static int took_slowly(int result, const sem_t *semaphore, bool is_shared, struct call_site site)
{
	if (result)
		return result;
	object_took(semaphore, LOCK_SEMAPHORE, site.address);
	if (is_shared)
		share_took(semaphore, site);
	return 0;
}

static COLD int wait_slowly(sem_t *semaphore, struct call_site site)
{
	bool is_shared = share_is_in(semaphore);

	real_ensure();
	return took_slowly(real_sem_wait(semaphore), semaphore, is_shared, site);
}

EXPORT int sem_wait(sem_t *semaphore)
{
	if (unlikely(!is_simple(semaphore)))
		return wait_slowly(semaphore, CALL_SITE());
	return took(real_sem_wait(semaphore), semaphore, __builtin_return_address(0));
}

static COLD int try_slowly(sem_t *semaphore, struct call_site site)
{
	bool is_shared = share_is_in(semaphore);

	real_ensure();
	return took_slowly(real_sem_trywait(semaphore), semaphore, is_shared, site);
}

EXPORT int sem_trywait(sem_t *semaphore)
{
	if (unlikely(!is_simple(semaphore)))
		return try_slowly(semaphore, CALL_SITE());
	return took(real_sem_trywait(semaphore), semaphore, __builtin_return_address(0));
}

EXPORT int sem_timedwait(sem_t *semaphore, const struct timespec *until)
{
	struct call_site site = CALL_SITE();
	bool is_shared = share_is_in(semaphore);

	real_ensure();
	return took_slowly(real_sem_timedwait(semaphore, until), semaphore, is_shared, site);
}

EXPORT int sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *until)
{
	struct call_site site = CALL_SITE();
	bool is_shared = share_is_in(semaphore);

	real_ensure();
	if (!real_sem_clockwait) {
		errno = ENOSYS;
		return -1;
	}
	return took_slowly(real_sem_clockwait(semaphore, clock, until), semaphore, is_shared, site);
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
