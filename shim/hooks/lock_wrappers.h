/*
 * The wrappers of families whose locks are taken by a call that returns. The
 * slot is opened once the lock is had: where the lock names nobody, one that
 * still waits must not count as one that has it.
 *
 * `parameters` and `arguments` are in brackets; the first parameter is `lock`.
 * `to_errno` gives a result in the terms of errno.h.
 */
#ifndef FORKCHECK_HOOKS_LOCK_WRAPPERS_H
#define FORKCHECK_HOOKS_LOCK_WRAPPERS_H

#include "base/process.h"
#include "base/real.h"
#include "hooks/lock.h"
#include "hooks/slot_reuse.h"
#include "state/thread.h"

#define LISTED(...) __VA_ARGS__

static inline int is_errno(int result)
{
	return result;
}

#define LOCK_SLOW(family, operation, to_errno, name, parameters, arguments)                        \
	static COLD int name##_slow(struct call_site site, LISTED parameters)                      \
	{                                                                                          \
		struct thread *thread;                                                             \
		session_reference wait;                                                            \
		int result;                                                                        \
                                                                                                   \
		real_ensure();                                                                     \
		if (!real_##name)                                                                  \
			return ENOSYS;                                                             \
		thread = thread_current();                                                         \
		if (!thread)                                                                       \
			return real_##name arguments;                                              \
		wait = lock_before_acquire(thread, (const void *)lock, family, operation);         \
		result = real_##name arguments;                                                    \
		lock_after_acquire(thread, (const void *)lock, family, operation, wait,            \
				   to_errno(result), site);                                        \
		return result;                                                                     \
	}

#define LOCK_FUNCTION(family, operation, to_errno, name, parameters, arguments)                    \
	LOCK_SLOW(family, operation, to_errno, name, parameters, arguments)                        \
	EXPORT int name parameters                                                                 \
	{                                                                                          \
		struct call_site site = CALL_SITE();                                               \
                                                                                                   \
		return name##_slow(site, LISTED arguments);                                        \
	}

/*
 * The same lock from the same line as last time, and given back since: only the
 * time is to be renewed. Else a line that was seen before: the slot is taken over.
 */
#define LOCK_FUNCTION_FAST(family, operation, to_errno, name, parameters, arguments)               \
	LOCK_SLOW(family, operation, to_errno, name, parameters, arguments)                        \
	static __attribute__((noinline)) int name##_miss(struct call_site site, LISTED parameters) \
	{                                                                                          \
		uint32_t index = held_index((const void *)lock);                                   \
		struct thread *thread = thread_known();                                            \
		int result;                                                                        \
                                                                                                   \
		if (!thread || !slot_is_reusable(thread, (const void *)lock, family, site))        \
			return name##_slow(site, LISTED arguments);                                \
		result = real_##name arguments;                                                    \
		/* A signal handler may have used the slot while this thread waited. */            \
		if (result == 0 && likely(!since_is_open(held_fast[index].since)))                 \
			slot_reuse(thread, (uintptr_t)lock, site);                                 \
		else                                                                               \
			lock_after_acquire(thread, (const void *)lock, family, operation, 0,       \
					   to_errno(result), site);                                \
		return result;                                                                     \
	}                                                                                          \
	EXPORT int name parameters                                                                 \
	{                                                                                          \
		struct call_site site = CALL_SITE();                                               \
		struct held_slot *slot = &held_fast[held_index((const void *)lock)];               \
		int result;                                                                        \
                                                                                                   \
		if (unlikely(!held_matches(slot, (const void *)lock, site)))                       \
			return name##_miss(site, LISTED arguments);                                \
		result = real_##name arguments;                                                    \
		/* Its own still: a handler that used it has another place on the stack. */        \
		if (likely(result == 0 && slot->sp == CALL_SITE().sp))                             \
			slot->since = time_coarse();                                               \
		return result;                                                                     \
	}

/*
 * For what is taken by name: a slot is true only if the lock names its thread, and
 * is opened before the real function is jumped to, as with a mutex.
 */
#define LOCK_FUNCTION_NAMED(family, operation, to_errno, name, parameters, arguments)              \
	LOCK_SLOW(family, operation, to_errno, name, parameters, arguments)                        \
	static __attribute__((noinline)) int name##_miss(struct call_site site, LISTED parameters) \
	{                                                                                          \
		struct thread *thread = thread_known();                                            \
                                                                                                   \
		if (!thread || !slot_is_reusable(thread, (const void *)lock, family, site))        \
			return name##_slow(site, LISTED arguments);                                \
		slot_reuse(thread, (uintptr_t)lock | SLOT_NAMED, site);                            \
		return real_##name arguments;                                                      \
	}                                                                                          \
	EXPORT int name parameters                                                                 \
	{                                                                                          \
		struct call_site site = CALL_SITE();                                               \
		struct held_slot *slot = &held_fast[held_index((const void *)lock)];               \
		uintptr_t claim = (uintptr_t)lock | SLOT_NAMED;                                    \
                                                                                                   \
		if (unlikely(!held_matches(slot, (const void *)claim, site)))                      \
			return name##_miss(site, LISTED arguments);                                \
		slot->since = time_coarse();                                                       \
		return real_##name arguments;                                                      \
	}

/* Giving back: the fast path closes the slot and jumps. */
#define UNLOCK_FUNCTION(to_errno, name, parameters)                                                \
	static COLD int name##_slow parameters                                                     \
	{                                                                                          \
		struct thread *thread;                                                             \
		uint64_t closing;                                                                  \
		int result;                                                                        \
                                                                                                   \
		real_ensure();                                                                     \
		thread = thread_current();                                                         \
		if (!thread)                                                                       \
			return real_##name(lock);                                                  \
		closing = lock_before_release(thread, (const void *)lock);                         \
		result = real_##name(lock);                                                        \
		lock_after_release(thread, (const void *)lock, closing, to_errno(result));         \
		return result;                                                                     \
	}                                                                                          \
	EXPORT int name parameters                                                                 \
	{                                                                                          \
		struct held_slot *slot = &held_fast[held_index((const void *)lock)];               \
                                                                                                   \
		/* But for the highest bit, SLOT_NAMED. */                                         \
		if (unlikely((slot->lock ^ (uintptr_t)lock) << 1))                                 \
			return name##_slow(lock);                                                  \
		slot->since = held_closing;                                                        \
		return real_##name(lock);                                                          \
	}

#define DESTROY_FUNCTION(result_type, name, parameters)                                            \
	EXPORT result_type name parameters                                                         \
	{                                                                                          \
		struct thread *thread;                                                             \
                                                                                                   \
		real_ensure();                                                                     \
		thread = thread_current();                                                         \
		if (thread)                                                                        \
			lock_unmade(thread, (const void *)lock);                                   \
		return real_##name(lock);                                                          \
	}

#endif
