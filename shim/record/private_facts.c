/* Wrappers of sigaction and of the interval timers. Async-signal-safe, as those are. */
#include "record/private_facts.h"
#include "base/process.h"
#include "base/real.h"
#include "common/raw.h"
#include "hooks/clone.h"
#include "hooks/exec.h"
#include "hooks/futex.h"
#include "log/kept_facts.h"
#include "record/ownerless.h"
#include <signal.h>

static struct private_facts facts;

IN_START uint64_t wakers_address(void)
{
	return (uint64_t)(uintptr_t)&facts;
}

IN_START void wakers_note_python(const struct python_interpreter *interpreter)
{
	struct python_interpreter symbols =
		interpreter ? *interpreter : (struct python_interpreter){0};
	uint64_t runtime = symbols.runtime;

	/* Another thread may fork meanwhile: what its child has is whole, or none. */
	symbols.runtime = 0;
	facts.python.runtime = 0;
	atomic_signal_fence(memory_order_seq_cst);
	facts.python = symbols;
	atomic_signal_fence(memory_order_seq_cst);
	facts.python.runtime = runtime;
}

void wakers_note_handed(uint64_t key, uint64_t gave, uint64_t took)
{
	uint32_t number = atomic_fetch_add(&facts.handed_count, 1);
	struct session_handed *handed = &facts.handed[number % HANDED];

	atomic_store(&handed->key, 0);
	atomic_store(&handed->gave, gave);
	atomic_store(&handed->took, took);
	atomic_store(&handed->key, key);
}

void wakers_note_sharer(void)
{
	atomic_store(&facts.has_sharers, 1);
}

void wakers_note_sent(void)
{
	atomic_fetch_add_explicit(&facts.sent, 1, memory_order_relaxed);
}

void wakers_note_written(int descriptor, size_t length, uint64_t use)
{
	uint32_t last = atomic_load(&facts.handed_count) - 1;
	uint64_t key = HANDED_DESCRIPTOR << OBJECT_THREAD | (uint32_t)descriptor;

	if (length > HANDED_BYTES)
		return;
	/* A loop is woken again and again. */
	if (atomic_load(&facts.handed[last % HANDED].key) != key)
		wakers_note_handed(key, use, 0);
}

/* Of the program's own fault, and sent by nobody. */
static bool is_fault(int signal)
{
	return signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGILL ||
	       signal == SIGSYS;
}

bool wakers_catch_signals(void)
{
	for (int signal = 1; signal < SIGNALS; signal++) {
		uint64_t handler = atomic_load(&facts.handlers[signal]);

		if (handler && handler != (uintptr_t)SIG_IGN && !is_fault(signal))
			return true;
	}
	return false;
}

static uint64_t nanoseconds(const struct timeval *time)
{
	return (uint64_t)time->tv_sec * 1000000000u + (uint64_t)time->tv_usec * 1000u;
}

static void set_timer(int which, const struct itimerval *value)
{
	uint64_t fires = 0;

	if (which < 0 || which >= INTERVAL_TIMERS)
		return;
	/* The other two count processor time, which a process at rest does not use. */
	if (nanoseconds(&value->it_value))
		fires = nanoseconds(&value->it_interval) || which != ITIMER_REAL
				? UINT64_MAX
				: time_now() + nanoseconds(&value->it_value);
	atomic_store(&facts.timers[which], fires);
}

static void note_timer(int which, const struct itimerval *value)
{
	/* A vfork child has timers of its own, in its parent's memory. */
	if (process_is_own())
		set_timer(which, value);
}

/* A child has its parent's until then, and shows it by the pid. */
static void sign_facts(void)
{
	facts.process = process.serial;
	facts.born_by = process.born_by;
	atomic_thread_fence(memory_order_release);
	facts.pid = process.pid;
}

IN_START void wakers_start(void)
{
	struct itimerval value;

	facts.magic = PRIVATE_FACTS_MAGIC;
	sign_facts();
	facts.objects = objects_address();
	facts.kept = kept_address();
	if (raw_getitimer(ITIMER_REAL, &value) == 0)
		set_timer(ITIMER_REAL, &value);
}

IN_CHILD void wakers_start_child(void)
{
	sign_facts();
	for (int which = 0; which < INTERVAL_TIMERS; which++)
		atomic_store(&facts.timers[which], 0);
	/* What is not written to is not copied. */
	if (atomic_load(&facts.handed_count))
		atomic_store(&facts.handed_count, 0);
	if (atomic_load(&facts.has_sharers))
		atomic_store(&facts.has_sharers, 0);
}

static void note_handler(int signal, uintptr_t handler, bool is_plain)
{
	uint64_t bit;

	if (signal <= 0 || signal >= SIGNALS || !process_is_own())
		return;
	bit = UINT64_C(1) << (signal - 1);
	/* In between it counts as one of which less is known. */
	atomic_fetch_and(&facts.plain_handlers, ~bit);
	atomic_store(&facts.handlers[signal], handler);
	if (is_plain)
		atomic_fetch_or(&facts.plain_handlers, bit);
}

EXPORT int sigaction(int signal, const struct sigaction *action, struct sigaction *old)
{
	uintptr_t handler = 0;
	bool is_plain = false;
	int result;

	real_ensure();
	if (action) {
		handler = (uintptr_t)action->sa_handler;
		is_plain = !(action->sa_flags & (SA_RESTART | SA_NODEFER));
	}
	result = real.sigaction(signal, action, old);
	if (action && result == 0)
		note_handler(signal, handler, is_plain);
	return result;
}

/* The older names. All take effect through the kernel's one table. */
#define SIGNAL_FUNCTION(name)                                                                      \
	sighandler_t name(int signal, sighandler_t handler);                                       \
	EXPORT sighandler_t name(int signal, sighandler_t handler)                                 \
	{                                                                                          \
		sighandler_t old;                                                                  \
                                                                                                   \
		real_ensure();                                                                     \
		old = real.name(signal, handler);                                                  \
		if (old != SIG_ERR)                                                                \
			note_handler(signal, (uintptr_t)handler, false);                           \
		return old;                                                                        \
	}

SIGNAL_FUNCTION(signal)
SIGNAL_FUNCTION(ssignal)
SIGNAL_FUNCTION(bsd_signal)
SIGNAL_FUNCTION(sysv_signal)
SIGNAL_FUNCTION(__sysv_signal)

EXPORT int setitimer(__itimer_which_t which, const struct itimerval *value, struct itimerval *old)
{
	int result;

	real_ensure();
	result = real.setitimer(which, value, old);
	if (result == 0 && value)
		note_timer((int)which, value);
	return result;
}

/*
 * Some calls are made by number. The wrapper must be gone when the call runs
 * (SYS_vfork comes back twice): with -O2 this is a jump, the seventh argument
 * stays where the caller put it. (The header declares it variadic, hence the
 * other name here.)
 */
long call_by_number(long number, long a, long b, long c, long d, long e, long f) __asm__("syscall");

static void expect_filter(void)
{
	if (process.active)
		process_name();
	process.is_filtered = true;
}

static COLD void note_call(long number, long a, long b)
{
	struct itimerval seconds = {.it_value.tv_sec = a};

	if (number == SYS_setitimer && b)
		note_timer((int)a, (const struct itimerval *)b);
	else if (number == SYS_alarm)
		note_timer(ITIMER_REAL, &seconds);
	else if (number == SYS_seccomp)
		expect_filter();
}

EXPORT long call_by_number(long number, long a, long b, long c, long d, long e, long f)
{
	long (*call)(long, long, long, long, long, long, long);

	real_ensure();
	/* One jump for all: with two, clang makes calls of them. */
	call = real.syscall;
	if (unlikely(clone_is_asked_for(number)))
		call = clone_by_number;
	else if (number == SYS_futex)
		futex_called((const void *)a, b, __builtin_return_address(0));
	else if (unlikely(number == SYS_execve || number == SYS_execveat))
		call = exec_by_number;
	else if (unlikely(number == SYS_setitimer || number == SYS_alarm || number == SYS_seccomp))
		note_call(number, a, b);
	return call(number, a, b, c, d, e, f);
}

EXPORT unsigned alarm(unsigned seconds)
{
	struct itimerval value = {.it_value.tv_sec = seconds};

	real_ensure();
	note_timer(ITIMER_REAL, &value);
	return real.alarm(seconds);
}

EXPORT useconds_t ualarm(useconds_t value, useconds_t interval)
{
	struct itimerval timer = {.it_value.tv_usec = (suseconds_t)value,
				  .it_interval.tv_usec = (suseconds_t)interval};

	real_ensure();
	note_timer(ITIMER_REAL, &timer);
	return real.ualarm(value, interval);
}
