/*
 * CRASH records say where a fork child that lacks threads gets a signal of its own fault, which
 * ends it. A handler writes them: it is set where the program has none, and in such children
 * only. It gives the signal back as it came, to a process that has no handler any more: the
 * kernel ends that one at the same instruction, with the same status and the same core.
 */
#include "record/crash.h"
#include "base/process.h"
#include "base/real.h"
#include "common/raw.h"
#include "log/log.h"
#include "record/private_facts.h"
#include "record/python_frames.h"
#include "state/capture.h"
#include "state/modules.h"
#include "state/thread.h"
#include <string.h>

/* In one number: a table would be a page fault in each child. */
#define CRASH_SIGNALS (1u << SIGSEGV | 1u << SIGBUS | 1u << SIGABRT | 1u << SIGILL | 1u << SIGFPE)

/* Words of the stack in which a handle is looked for: std::terminate() and what it calls have
 * some 100. */
#define STACK_WORDS 512

#define WORDS(registers) (sizeof(*(registers)) / sizeof(uint64_t))

/* --- whose handle is at hand ------------------------------------------------------- */

struct handle_words {
	uint64_t words[STACK_WORDS + WORDS((struct stack_registers *)NULL)];
	size_t count;
	struct thread *lost;
	bool has_own; /* the handle of another thread of the child's */
	bool is_alone;
};

static bool has_word(const struct handle_words *search, uint64_t word)
{
	for (size_t i = 0; i < search->count; i++)
		if (search->words[i] == word)
			return true;
	return false;
}

static bool match_thread(struct thread *thread, void *data)
{
	struct handle_words *search = data;
	bool is_of_child = thread->epoch == process.epoch, is_at_hand;

	if (thread == thread_known())
		return true;
	is_at_hand = thread->self && has_word(search, (uint64_t)thread->self);
	if (is_of_child) {
		search->is_alone = false;
		search->has_own |= is_at_hand;
	} else if (is_at_hand && thread_is_lost(thread) && !thread->is_replaced) {
		search->lost = thread;
	}
	return true;
}

/* An object that has the handle is pointed to more often than it lies on the stack. */
static void add_pointed_to(struct handle_words *search)
{
	for (size_t i = 0; i < search->count; i++) {
		uint64_t word;

		if (search->words[i] % sizeof(word) || search->words[i] < 4096 ||
		    memory_read(&word, (const void *)search->words[i], sizeof(word)) < sizeof(word))
			continue;
		/* It may be a handle as well, and is not asked again. */
		if (!has_word(search, word))
			search->words[i] = word;
	}
}

/* Who destroys a std::thread that is joinable aborts, and says nothing of which. */
static void find_handle(const struct stack_registers *registers, struct handle_words *search)
{
	search->is_alone = true;
	memcpy(search->words, registers, sizeof(*registers));
	search->count = memory_read(search->words + WORDS(registers), (const void *)registers->sp,
				    STACK_WORDS * sizeof(uint64_t)) /
				sizeof(uint64_t) +
			WORDS(registers);
	thread_each(match_thread, search);
	add_pointed_to(search);
	thread_each(match_thread, search);
	if (search->has_own)
		search->lost = NULL;
}

/* --- the record -------------------------------------------------------------------- */

/* Who jumps to where no code is has left the place that it came from on its stack alone. */
static void find_registers(const void *context, struct stack_registers *registers)
{
	uint64_t words[WORDS(registers)], top = 0;

	arch_interrupted(context, words);
	if (!modules_may_be_code(words[0]) &&
	    memory_read(&top, (const void *)words[1], sizeof(top)) == sizeof(top))
		arch_undo_call(words, top);
	memcpy(registers, words, sizeof(words));
}

static void crash_record(struct thread *thread, const siginfo_t *info, const void *context)
{
	static struct handle_words search; /* a thread's stack may be small */
	session_reference reference, who = thread_record(thread), lost = 0, stack, python;
	struct stack_registers registers;
	struct record_crash *record;

	find_registers(context, &registers);
	stack = capture_stack_from(thread, &registers);
	python = kept_reference(python_capture(thread, registers.sp));
	if (info->si_signo == SIGABRT)
		find_handle(&registers, &search);
	if (search.lost)
		lost = thread_record(search.lost);
	record = log_claim(sizeof(*record), &reference);
	if (!record)
		return;
	record->fork = process.fork;
	record->thread = who;
	record->stack = stack;
	record->python = python;
	record->lost = lost;
	record->number = (uint32_t)info->si_signo;
	record->code = info->si_code;
	record->tid = thread_kernel_tid(thread);
	record->address = info->si_code > 0 ? (uint64_t)(uintptr_t)info->si_addr : 0;
	record->flags = search.is_alone ? CRASH_ALONE : 0;
	log_commit(record, RECORD_CRASH);
	log_announce();
}

/* Another process has sent it: a watchdog, a test. The child has done nothing. */
static bool is_from_outside(const siginfo_t *info)
{
	return info->si_code <= 0 && info->si_pid != raw_getpid();
}

/* --- the handler ------------------------------------------------------------------- */

/* The instruction would do it again. Not where the kernel says no more than that it was its
 * own doing, or that memory is broken somewhere. */
static bool comes_again(const siginfo_t *info)
{
	return info->si_code > 0 && info->si_code != SI_KERNEL &&
	       !(info->si_signo == SIGBUS && info->si_code == BUS_MCEERR_AO);
}

/* It waits until the handler has returned, and finds the thread where the first one did. */
static void send_again(siginfo_t *info)
{
	pid_t pid = raw_getpid();
	long tid = raw_syscall(SYS_gettid);

	if (raw_syscall(SYS_rt_tgsigqueueinfo, pid, tid, info->si_signo, info) < 0)
		raw_syscall(SYS_tgkill, pid, tid, info->si_signo);
}

/*
 * The kernel has taken the handler away already (SA_RESETHAND), unless a handler of the
 * program's has called this one, which it found by a system call of its own.
 */
static void crash_end(siginfo_t *info)
{
	static const struct sigaction none; /* SIG_DFL */

	libc.sigaction(info->si_signo, &none, NULL);
	if (!comes_again(info))
		send_again(info);
}

static COLD void crash_handle(int signal, siginfo_t *info, void *context)
{
	int saved = errno;
	struct thread *thread;

	(void)signal;
	if (!process.is_filtered) {
		/* A vfork child has its parent's memory, and nothing in here is about it. */
		thread = process_is_own() ? thread_current() : NULL;
		if (thread && process.inherits && !is_from_outside(info))
			crash_record(thread, info, context);
		crash_end(info);
	}
	errno = saved;
}

bool crash_is_own(sighandler_t handler)
{
	return (uintptr_t)handler == (uintptr_t)crash_handle;
}

/* The flags and the mask say nothing where there is no handler. */
void crash_hide(struct sigaction *action)
{
	if (crash_is_own(action->sa_handler))
		*action = (struct sigaction){.sa_handler = SIG_DFL};
}

/* --- when it is there -------------------------------------------------------------- */

/* One that the program has set by a system call of its own is put back at once. */
static IN_CHILD void crash_set(int signal, const struct sigaction *action)
{
	struct sigaction old;

	if (facts_has_handler(signal) || libc.sigaction(signal, action, &old))
		return;
	if (old.sa_handler != SIG_DFL && !crash_is_own(old.sa_handler))
		libc.sigaction(signal, &old, NULL);
	else
		facts_note_own_handler(signal, true);
}

IN_CHILD void crash_in_child(void)
{
	struct sigaction action = {.sa_sigaction = crash_handle,
				   .sa_flags = (int)(SA_SIGINFO | SA_RESETHAND | SA_ONSTACK)};

	if (!process.active || process.is_filtered)
		return;
	/* Nothing comes in between. */
	arch_fill(&action.sa_mask, 0xff, sizeof(action.sa_mask));
	for (unsigned left = CRASH_SIGNALS; left; left &= left - 1)
		crash_set(__builtin_ctz(left), &action);
}

COLD void crash_withdraw(void)
{
	static const struct sigaction none;
	struct sigaction old;

	if (!process.inherits || process.is_filtered || !process_is_own())
		return;
	for (unsigned left = CRASH_SIGNALS; left; left &= left - 1) {
		int signal = __builtin_ctz(left);

		if (libc.sigaction(signal, NULL, &old) || !crash_is_own(old.sa_handler))
			continue;
		libc.sigaction(signal, &none, NULL);
		facts_note_own_handler(signal, false);
	}
}
