/*
 * These hooks see the guards of C++ function-local statics (Itanium C++ ABI, 3.3.3). Compiled
 * code looks at the first byte itself and calls only until the object is made.
 *
 * A program that loads its C++ runtime later, by dlopen, finds these names here
 * first, and there is nothing yet to pass a call on to. For such a program the guard
 * is worked here, all its life, on the same word as in libstdc++ (gcc,
 * libsupc++/guard.cc).
 */
#include "base/real.h"
#include "common/glibc/guard.h"
#include "common/raw.h"
#include "hooks/lock.h"
#include "state/thread.h"
#include <limits.h>

/* Only compiled code calls them: no header declares them for C. */
int __cxa_guard_acquire(int *guard);
void __cxa_guard_release(int *guard);
void __cxa_guard_abort(int *guard);

REAL_IF_THERE(int, __cxa_guard_acquire, (int *));
REAL_IF_THERE(void, __cxa_guard_release, (int *));
REAL_IF_THERE(void, __cxa_guard_abort, (int *));

static void guard_wait(int *guard, int seen)
{
	if (!(seen & GUARD_AWAITED) &&
	    !__atomic_compare_exchange_n(guard, &seen, seen | GUARD_AWAITED, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return;
	raw_syscall(SYS_futex, guard, FUTEX_WAIT, seen | GUARD_AWAITED, NULL);
}

static int guard_acquire(int *guard)
{
	int seen = 0;

	if (real___cxa_guard_acquire)
		return real___cxa_guard_acquire(guard);
	while (!__atomic_compare_exchange_n(guard, &seen, GUARD_BEING, false, __ATOMIC_ACQ_REL,
					    __ATOMIC_ACQUIRE)) {
		if (seen == GUARD_MADE)
			return 0;
		guard_wait(guard, seen);
		seen = 0;
	}
	return 1;
}

static void guard_leave(int *guard, int state)
{
	if (__atomic_exchange_n(guard, state, __ATOMIC_ACQ_REL) & GUARD_AWAITED)
		raw_futex_wake(guard, INT_MAX);
}

static void guard_release(int *guard)
{
	if (real___cxa_guard_acquire)
		real___cxa_guard_release(guard);
	else
		guard_leave(guard, GUARD_MADE);
}

static void guard_abort(int *guard)
{
	if (real___cxa_guard_acquire)
		real___cxa_guard_abort(guard);
	else
		guard_leave(guard, 0);
}

/* 1: the caller is to make the object; 0: it is made. */
EXPORT int __cxa_guard_acquire(int *guard)
{
	struct call_site site = CALL_SITE();
	struct thread *thread;
	session_reference wait;
	int result;

	real_ensure();
	thread = thread_current();
	if (!thread)
		return guard_acquire(guard);
	wait = lock_before_acquire(thread, guard, LOCK_GUARD, OPERATION_LOCK);
	result = guard_acquire(guard);
	lock_after_acquire(thread, guard, LOCK_GUARD, OPERATION_LOCK, wait, result ? 0 : EALREADY,
			   site);
	return result;
}

static void cxa_guard_leave(int *guard, void (*how)(int *))
{
	struct thread *thread;
	uint64_t closing;

	real_ensure();
	thread = thread_current();
	if (!thread) {
		how(guard);
		return;
	}
	closing = lock_before_release(thread, guard);
	how(guard);
	lock_after_release(thread, guard, closing, 0);
}

EXPORT void __cxa_guard_release(int *guard)
{
	cxa_guard_leave(guard, guard_release);
}

EXPORT void __cxa_guard_abort(int *guard)
{
	cxa_guard_leave(guard, guard_abort);
}
