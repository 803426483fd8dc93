/*
 * The one block of private facts is kept here. All of it is async-signal-safe, as the hooks
 * are that call it.
 */
#include "record/private_facts.h"
#include "base/process.h"
#include "common/raw.h"
#include "log/kept_facts.h"
#include "record/descriptor_writers.h"
#include <signal.h>

static struct private_facts facts;

IN_START uint64_t facts_address(void)
{
	return (uint64_t)(uintptr_t)&facts;
}

IN_START void facts_note_python(const struct python_interpreter *interpreter)
{
	struct python_interpreter symbols =
		interpreter ? *interpreter : (struct python_interpreter){0};
	uint64_t runtime = symbols.runtime;

	/* Another thread may fork meanwhile: what its child has is whole, or none. */
	symbols.runtime = 0;
	facts.python.runtime = 0;
	atomic_thread_fence(memory_order_release);
	facts.python = symbols;
	atomic_thread_fence(memory_order_release);
	facts.python.runtime = runtime;
}

IN_START void facts_note_go(const struct go_runtime *runtime)
{
	facts.go = *runtime;
}

void facts_note_handed(uint64_t key, uint64_t gave, uint64_t took)
{
	uint32_t number = atomic_fetch_add(&facts.handed_count, 1);
	struct session_handed *handed = &facts.handed[number % HANDED];

	atomic_store(&handed->key, 0);
	atomic_store(&handed->gave, gave);
	atomic_store(&handed->took, took);
	atomic_store(&handed->key, key);
}

IN_START void facts_note_threads(uint64_t address)
{
	facts.threads = address;
}

void facts_note_sharer(void)
{
	atomic_store(&facts.has_sharers, 1);
}

void facts_note_sent(void)
{
	atomic_fetch_add_explicit(&facts.sent, 1, memory_order_relaxed);
}

void facts_note_written(int descriptor, size_t length, uint64_t use)
{
	uint32_t last = atomic_load(&facts.handed_count) - 1;
	uint64_t key = HANDED_DESCRIPTOR << OBJECT_THREAD | (uint32_t)descriptor;

	if (length > HANDED_BYTES)
		return;
	/* A loop is woken again and again. */
	if (atomic_load(&facts.handed[last % HANDED].key) != key)
		facts_note_handed(key, use, 0);
}

/* Of the program's own fault, and sent by nobody. */
static bool is_fault(int signal)
{
	return signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGILL ||
	       signal == SIGSYS;
}

bool facts_catch_signals(void)
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

void facts_note_timer(int which, const struct itimerval *value)
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

IN_START void facts_start(uint64_t objects)
{
	struct itimerval value;

	facts.magic = PRIVATE_FACTS_MAGIC;
	sign_facts();
	facts.objects = objects;
	facts.descriptors = descriptor_writers_address();
	facts.kept = kept_address();
	if (raw_getitimer(ITIMER_REAL, &value) == 0)
		set_timer(ITIMER_REAL, &value);
}

IN_CHILD void facts_in_child(void)
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

IN_CHILD bool facts_has_handler(int signal)
{
	return atomic_load(&facts.handlers[signal]);
}

IN_CHILD void facts_note_own_handler(int signal, bool has)
{
	uint64_t bit = UINT64_C(1) << (signal - 1);

	if (has)
		atomic_fetch_or(&facts.own_handlers, bit);
	else
		atomic_fetch_and(&facts.own_handlers, ~bit);
}

void facts_note_handler(int signal, uintptr_t handler, bool is_plain)
{
	uint64_t bit;

	if (signal <= 0 || signal >= SIGNALS || !process_is_own())
		return;
	bit = UINT64_C(1) << (signal - 1);
	/* In between it counts as one of which less is known. */
	atomic_fetch_and(&facts.plain_handlers, ~bit);
	if (unlikely(atomic_load(&facts.own_handlers)))
		atomic_fetch_and(&facts.own_handlers, ~bit);
	atomic_store(&facts.handlers[signal], handler);
	if (is_plain)
		atomic_fetch_or(&facts.plain_handlers, bit);
}
