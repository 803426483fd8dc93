/*
 * pthread_mutex_*. The common path is a table hit and a jump to the real
 * function; the first pass through a line of code, and every call in a child
 * that inherited locks, takes the slow path.
 */
#include "base/process.h"
#include "base/real.h"
#include "fork/child.h"
#include "hooks/lock.h"
#include "hooks/mutex.h"
#include "hooks/slot_reuse.h"
#include "state/held.h"
#include "state/thread.h"
#include <linux/futex.h>
#include <string.h>

/*
 * Bits of pthread_mutex_t.__data.__kind: glibc, nptl/pthreadP.h, the same from
 * 2.3.4 to 2.43. The struct is public (bits/struct_mutex.h) and so is its
 * layout by ABI: static initialisers fill it.
 */
#define KIND_TYPE    3
#define KIND_ROBUST  16
#define KIND_PI      32
#define KIND_PROTECT 64
#define KIND_SHARED  128
/* PTHREAD_MUTEX_PRIO_CEILING_MASK: beside the word's usual bits. */
#define CEILING         ((int)0xfff80000)
#define TYPE_RECURSIVE  1
#define TYPE_ERRORCHECK 2

static int kind_of(const pthread_mutex_t *mutex)
{
	return __atomic_load_n(&mutex->__data.__kind, __ATOMIC_RELAXED);
}

static int word_of(const pthread_mutex_t *mutex)
{
	return __atomic_load_n(&mutex->__data.__lock, __ATOMIC_RELAXED);
}

/* Robust and priority-inheriting mutexes keep the owner in the futex word;
 * __owner is written after it and cleared before it. */
pid_t mutex_owner(const void *state)
{
	const pthread_mutex_t *mutex = state;
	int word = mutex->__data.__lock;

	if (mutex->__data.__kind & (KIND_ROBUST | KIND_PI))
		return word & FUTEX_TID_MASK;
	if (mutex->__data.__kind & KIND_PROTECT)
		return mutex->__data.__owner;
	return word ? mutex->__data.__owner : 0;
}

bool mutex_is_taken(const void *state)
{
	const pthread_mutex_t *mutex = state;
	int kind = mutex->__data.__kind;

	if (kind & (KIND_ROBUST | KIND_PI))
		return false;
	return mutex->__data.__lock & (kind & KIND_PROTECT ? ~CEILING : ~0);
}

/* glibc marks every robust mutex as shared, private ones too. */
bool mutex_is_shared(const void *lock, const void *state)
{
	int kind = ((const pthread_mutex_t *)state)->__data.__kind;

	return kind & KIND_SHARED && !(kind & KIND_ROBUST && lock_initialised_private(lock));
}

/* A robust one is woken as a shared one, see above. */
bool mutex_wakes_own_only(const void *state)
{
	return !(((const pthread_mutex_t *)state)->__data.__kind & (KIND_SHARED | KIND_ROBUST));
}

static bool is_private(const pthread_mutexattr_t *attributes)
{
	int shared = PTHREAD_PROCESS_PRIVATE;

	if (attributes)
		libc.pthread_mutexattr_getpshared(attributes, &shared);
	return shared == PTHREAD_PROCESS_PRIVATE;
}

/* Unlocking asks for the owner's thread id in every type but these. */
bool mutex_crosses_fork(const void *state)
{
	int kind = ((const pthread_mutex_t *)state)->__data.__kind;
	int type = kind & KIND_TYPE;

	return !(kind & (KIND_ROBUST | KIND_PI | KIND_PROTECT)) && type != TYPE_RECURSIVE &&
	       type != TYPE_ERRORCHECK;
}

const struct lock_family mutex_family = {
	.kind = LOCK_MUTEX,
	.size = sizeof(pthread_mutex_t),
	.owner = mutex_owner,
	.is_taken = mutex_is_taken,
	.is_shared = mutex_is_shared,
	.wakes_own_only = mutex_wakes_own_only,
	.crosses_fork = mutex_crosses_fork,
};

static bool is_recursive(const pthread_mutex_t *mutex)
{
	return (kind_of(mutex) & KIND_TYPE) == TYPE_RECURSIVE;
}

/* A mutex that counts keeps its slot until the count is back to nothing. */
static bool is_held_again(const pthread_mutex_t *mutex)
{
	return is_recursive(mutex) && mutex->__data.__count > 1;
}

static bool was_taken(int result)
{
	return result == 0 || result == EOWNERDEAD;
}

bool mutex_counts(const void *lock)
{
	return is_recursive(lock);
}

bool mutex_is_held_again(const void *lock)
{
	return is_held_again(lock);
}

static void answered(struct thread *thread, pthread_mutex_t *mutex, session_reference wait,
		     int result, struct call_site site)
{
	int saved = errno;
	enum held_mode mode = is_recursive(mutex) ? HELD_COUNTED : HELD_PLAIN;

	if (wait)
		child_wait_ended(wait, result);
	if (was_taken(result) && !is_held_again(mutex))
		held_open(thread, mutex, LOCK_MUTEX, mode, site);
	lock_asked(thread);
	errno = saved;
}

/* In a child that inherited locks, before a call that may wait for one of them. */
static session_reference ask(struct thread *thread, pthread_mutex_t *mutex,
			     enum lock_operation operation, uint32_t flags)
{
	session_reference wait = 0;

	if (!process.inherits)
		return 0;
	if (word_of(mutex))
		wait = child_wait(thread, mutex, LOCK_MUTEX, operation, flags);
	if (!wait)
		lock_asks(thread, mutex);
	return wait;
}

static COLD int lock_slowly(pthread_mutex_t *mutex, struct call_site site)
{
	struct thread *thread;
	session_reference wait;
	int result;

	real_ensure();
	thread = thread_current();
	if (!thread)
		return real.pthread_mutex_lock(mutex);
	wait = ask(thread, mutex, OPERATION_LOCK, 0);
	result = real.pthread_mutex_lock(mutex);
	answered(thread, mutex, wait, result, site);
	return result;
}

static bool reuse_slot(struct thread *thread, uint32_t index, const pthread_mutex_t *mutex,
		       struct call_site site)
{
	struct held_slot *slot = &held_fast[index];

	/* Counted: the slot tells of the first time. */
	if (__atomic_load_n(&mutex->__data.__owner, __ATOMIC_RELAXED) == thread->tid)
		return thread->held.is_open && slot->lock == ((uintptr_t)mutex | SLOT_COUNTS) &&
		       slot->since;
	if (!slot_is_reusable(thread, index, LOCK_MUTEX, site))
		return false;
	slot_reuse(slot, (uintptr_t)mutex | (is_recursive(mutex) ? SLOT_COUNTS : 0), site);
	return true;
}

/* Not inlined, and jumped to: the path of a hit saves no register. */
static __attribute__((noinline)) int lock_elsewhere(pthread_mutex_t *mutex, struct call_site site)
{
	struct thread *thread = thread_known();

	if (thread && reuse_slot(thread, held_index(mutex), mutex, site))
		return real.pthread_mutex_lock(mutex);
	return lock_slowly(mutex, site);
}

EXPORT int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	struct call_site site = CALL_SITE();
	struct held_slot *slot = &held_fast[held_index(mutex)];

	if (likely(held_matches(slot, mutex, site))) {
		slot->since = time_coarse();
		return real.pthread_mutex_lock(mutex);
	}
	return lock_elsewhere(mutex, site);
}

static COLD int unlock_slowly(pthread_mutex_t *mutex)
{
	struct thread *thread;
	bool last;
	int result;

	real_ensure();
	thread = thread_current();
	if (!thread)
		return real.pthread_mutex_unlock(mutex);
	last = !is_held_again(mutex);
	/* Afterwards the mutex may be somebody else's, or gone. */
	if (last && !process.inherits)
		held_close(thread, mutex);
	result = real.pthread_mutex_unlock(mutex);
	if (process.inherits) {
		if (result == 0 && last)
			held_close(thread, mutex);
		child_touch(thread, mutex, OPERATION_UNLOCK, result);
	}
	return result;
}

/* Counted, or another line's. */
static __attribute__((noinline)) int unlock_elsewhere(pthread_mutex_t *mutex)
{
	struct held_slot *slot = &held_fast[held_index(mutex)];

	if (slot->lock != ((uintptr_t)mutex | SLOT_COUNTS))
		return unlock_slowly(mutex);
	if (mutex->__data.__count <= 1)
		slot->since = 0;
	return real.pthread_mutex_unlock(mutex);
}

EXPORT int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
	struct held_slot *slot = &held_fast[held_index(mutex)];

	if (unlikely(slot->lock != (uintptr_t)mutex))
		return unlock_elsewhere(mutex);
	slot->since = 0;
	return real.pthread_mutex_unlock(mutex);
}

EXPORT int pthread_mutex_trylock(pthread_mutex_t *mutex)
{
	struct call_site site = CALL_SITE();
	struct thread *thread;
	session_reference wait;
	int result;

	real_ensure();
	thread = thread_current();
	if (!thread)
		return real.pthread_mutex_trylock(mutex);
	wait = ask(thread, mutex, OPERATION_TRYLOCK, WAIT_TRY);
	result = real.pthread_mutex_trylock(mutex);
	answered(thread, mutex, wait, result, site);
	return result;
}

EXPORT int pthread_mutex_timedlock(pthread_mutex_t *mutex, const struct timespec *until)
{
	struct call_site site = CALL_SITE();
	struct thread *thread;
	session_reference wait;
	int result;

	real_ensure();
	thread = thread_current();
	if (!thread)
		return real.pthread_mutex_timedlock(mutex, until);
	wait = ask(thread, mutex, OPERATION_TIMEDLOCK, WAIT_TIMED);
	result = real.pthread_mutex_timedlock(mutex, until);
	answered(thread, mutex, wait, result, site);
	return result;
}

EXPORT int pthread_mutex_clocklock(pthread_mutex_t *mutex, clockid_t clock,
				   const struct timespec *until)
{
	struct call_site site = CALL_SITE();
	struct thread *thread;
	session_reference wait;
	int result;

	real_ensure();
	if (!real.pthread_mutex_clocklock)
		return ENOSYS;
	thread = thread_current();
	if (!thread)
		return real.pthread_mutex_clocklock(mutex, clock, until);
	wait = ask(thread, mutex, OPERATION_CLOCKLOCK, WAIT_TIMED);
	result = real.pthread_mutex_clocklock(mutex, clock, until);
	answered(thread, mutex, wait, result, site);
	return result;
}

EXPORT int pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes)
{
	struct call_site site = CALL_SITE();
	struct thread *thread;
	int result, saved;

	real_ensure();
	result = real.pthread_mutex_init(mutex, attributes);
	thread = thread_current();
	if (!thread || result)
		return result;
	saved = errno;
	held_forget(thread, mutex);
	lock_initialised(thread, mutex, is_private(attributes), site);
	if (process.inherits)
		child_touch(thread, mutex, OPERATION_INIT, result);
	errno = saved;
	return result;
}

EXPORT int pthread_mutex_destroy(pthread_mutex_t *mutex)
{
	struct thread *thread;
	int result;

	real_ensure();
	thread = thread_current();
	if (thread)
		lock_forgotten(mutex);
	result = real.pthread_mutex_destroy(mutex);
	if (thread && process.inherits)
		child_touch(thread, mutex, OPERATION_DESTROY, result);
	return result;
}
