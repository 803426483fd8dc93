/*
 * What could wake a process is read from /proc/PID/timers, the signals of a sample, and the
 * process' own notes of handlers and interval timers (struct private_facts, written by the
 * shim).
 */
#include "wakeup_sources.h"
#include "base/clock.h"
#include "base/library_names.h"
#include "process/core_file.h"
#include "process/io_rings.h"
#include <fnmatch.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>

#define BIT(signal) (UINT64_C(1) << ((signal)-1))

/* A fault that the process itself made: nobody sends them to wake it. Any other signal that
 * is caught, those of timers too, anybody may send. */
#define SELF_INFLICTED (BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGFPE) | BIT(SIGILL) | BIT(SIGSYS))
/* libc's own (cancellation, set*id): sent between threads of one process. */
#define LIBC_INTERNAL (BIT(32) | BIT(33))

/*
 * Handlers that language runtimes install by themselves and that post nothing
 * to a waiting thread: they set a flag, or restore the terminal and end the
 * process. A collector that stops the threads of its own process answers to one of
 * them, which has asked for it and then is not at rest. Only for signals that the
 * runtime catches unasked: where a program asked for a signal, its own code runs in
 * the end.
 */
static const struct runtime {
	const char *library; /* a family (library_is) */
	uint64_t signals;
} runtimes[] = {
	{"python3*", BIT(SIGINT)},
	{"libpython3*", BIT(SIGINT)},
	{"node", BIT(SIGINT) | BIT(SIGTERM) | BIT(SIGUSR1)},
	{"libnode", BIT(SIGINT) | BIT(SIGTERM) | BIT(SIGUSR1)},
	/* In the workers of a DataLoader: it ends the process. */
	{"libtorch_python", BIT(SIGTERM)},
	{"libgc", BIT(SIGPWR) | BIT(SIGXCPU)},
	/* Of a process that the shim is in, and this session did not start: see record/crash.c. */
	{"libforkcheck", BIT(SIGABRT)},
};

/*
 * Handlers of libraries that run in any program: they note the signal, set a flag or write to
 * a descriptor that a thread of their own reads.
 */
static const char *const noting_handlers[] = {
	"signal_hook_registry::*",
	"ctrlc::*",
	"runtime.sigtramp*",
	"runtime.cgoSigtramp*",
};

/* What a process of that number has signed. */
static bool wakeup_sources_read_signed(const struct process_facts *process, pid_t pid,
				       struct private_facts *facts)
{
	struct iovec local = {facts, sizeof(*facts)};
	struct iovec remote = {(void *)(uintptr_t)process->private_facts, sizeof(*facts)};

	return process->private_facts &&
	       process_vm_readv(pid, &local, 1, &remote, 1, 0) == sizeof(*facts) &&
	       facts->magic == PRIVATE_FACTS_MAGIC && facts->pid == process->pid;
}

bool wakeup_read_facts(const struct process_facts *process, pid_t pid, struct private_facts *facts)
{
	return wakeup_sources_read_signed(process, pid, facts) && facts->process == process->serial;
}

bool wakeup_are_of_another(const struct process_facts *process, pid_t pid)
{
	struct private_facts facts;

	return wakeup_sources_read_signed(process, pid, &facts) && facts.process != process->serial;
}

static bool timer_is_armed(const struct private_facts *facts)
{
	for (int which = 0; which < INTERVAL_TIMERS; which++)
		if (facts->timers[which] > clock_ns(CLOCK_MONOTONIC))
			return true;
	return false;
}

static bool is_runtime_handler(const char *module, int signal)
{
	for (size_t i = 0; i < sizeof(runtimes) / sizeof(*runtimes); i++)
		if (runtimes[i].signals & BIT(signal) && library_is(module, runtimes[i].library))
			return true;
	return false;
}

/* Signals that are caught and that some task would take. */
static uint64_t open_signals(const struct process_look *look)
{
	uint64_t blocked = UINT64_MAX;

	for (size_t i = 0; i < look->count; i++)
		blocked &= look->tasks[i].blocked;
	return look->caught & ~blocked;
}

static bool only_notes(const char *function)
{
	for (size_t i = 0; function && i < sizeof(noting_handlers) / sizeof(*noting_handlers); i++)
		if (fnmatch(noting_handlers[i], function, 0) == 0)
			return true;
	return false;
}

static const char *handler_clause(struct address_space *space, struct arena *arena,
				  uint64_t handler, int signal)
{
	struct frames frames = {0};
	const char *module, *function;

	if (!handler || !space)
		return arena_printf(arena, "SIG%s is caught by an unknown function",
				    sigabbrev_np(signal) ? sigabbrev_np(signal) : "?");
	frames = symbolize_code(space, arena, handler, false);
	module = frames.count ? library_file_name(frames.list[frames.count - 1].module) : NULL;
	function = frames.count ? frames.list[frames.count - 1].function : NULL;
	if (is_runtime_handler(module, signal) || only_notes(function))
		return NULL;
	return arena_printf(arena, "SIG%s is caught by %s in %s",
			    sigabbrev_np(signal) ? sigabbrev_np(signal) : "?",
			    function ? function : "a function", module ? module : "memory");
}

uint64_t wakeup_shims_own(const struct process_facts *process, pid_t pid)
{
	struct private_facts facts;

	return process && !process->is_outside && wakeup_read_facts(process, pid, &facts)
		       ? facts.own_handlers
		       : 0;
}

uint64_t wakeup_open_signals(const struct process_look *look, const struct task_look *task)
{
	return look->caught & ~task->blocked & ~(SELF_INFLICTED | LIBC_INTERNAL);
}

static const char *wakeup_sources_find_handler(struct model *model, struct arena *arena,
					       const struct process_facts *process,
					       const struct private_facts *facts, uint64_t signals)
{
	struct address_space *space = model_space(model, process->serial);
	const char *clause = NULL;

	for (int signal = 1; signal < SIGNALS && !clause; signal++)
		if (signals & BIT(signal))
			clause = handler_clause(space, arena, facts->handlers[signal], signal);
	return clause;
}

bool wakeup_are_of(const struct process_facts *process, pid_t pid)
{
	struct private_facts facts;

	return wakeup_read_facts(process, pid, &facts);
}

/* What the runtimes that the process has mapped catch unasked. Whether the program asked for one
 * of these signals, too, is not known of a process without the shim. */
static uint64_t signals_of_runtimes(const struct model *model, const struct process_facts *process)
{
	const struct model_list *list = model_list(model, RECORD_MODULE);
	uint64_t signals = 0;
	char path[PATH_MAX];

	for (size_t i = 0; i < list->count; i++) {
		const struct record_module *module = model_module(model, list->references[i]);

		if (module->image != process->image)
			continue;
		snprintf(path, sizeof(path), "%.*s", (int)module->path_length, module->text);
		for (size_t k = 0; k < sizeof(runtimes) / sizeof(*runtimes); k++)
			if (library_is(library_file_name(path), runtimes[k].library))
				signals |= runtimes[k].signals;
	}
	return signals;
}

/* Whose handlers nobody noted. An interval timer without one could end it, not wake it. */
static const char *find_any_handler(const struct model *model, struct arena *arena,
				    const struct process_facts *process, pid_t pid,
				    const struct process_look *look, uint64_t ignored)
{
	uint64_t signals = open_signals(look) & ~(SELF_INFLICTED | LIBC_INTERNAL | ignored);
	int signal;

	if (signals & BIT(SIGCHLD) && !procfs_has_children(pid))
		signals &= ~BIT(SIGCHLD);
	signals &= signals ? ~signals_of_runtimes(model, process) : 0;
	if (!signals)
		return NULL;
	signal = __builtin_ctzll(signals) + 1;
	return arena_printf(arena, "it catches SIG%s, whose handler might wake it",
			    sigabbrev_np(signal) ? sigabbrev_np(signal) : "?");
}

static bool has_sharers(const struct process_facts *process, pid_t pid)
{
	struct private_facts facts;

	if (procfs_tells_sharers())
		return procfs_shares_memory(pid);
	return !wakeup_read_facts(process, pid, &facts) || facts.has_sharers;
}

const char *wakeup_find_posters(const struct process_facts *process, pid_t pid)
{
	if (core_is(pid))
		return "a core file does not tell what else could have woken it";
	if (procfs_has_timers(pid))
		return "it has a POSIX timer";
	if (io_rings_any_busy(pid))
		return "it has a ring of io_uring, by which the kernel could wake it";
	return has_sharers(process, pid) ? "another process has the same memory" : NULL;
}

const char *wakeup_find_but(struct model *model, struct arena *arena,
			    const struct process_facts *process, pid_t pid,
			    const struct process_look *look, uint64_t ignored)
{
	uint64_t signals = open_signals(look) & ~(SELF_INFLICTED | LIBC_INTERNAL | ignored);
	const char *poster = wakeup_find_posters(process, pid);
	struct private_facts facts;

	if (poster)
		return poster;
	if (process->is_outside)
		return find_any_handler(model, arena, process, pid, look, ignored);
	if (!wakeup_read_facts(process, pid, &facts))
		return "its interval timers and signal handlers are not known";
	if (timer_is_armed(&facts))
		return "an interval timer is armed";
	return wakeup_sources_find_handler(model, arena, process, &facts,
					   signals & ~facts.own_handlers);
}

const char *wakeup_find(struct model *model, struct arena *arena,
			const struct process_facts *process, pid_t pid,
			const struct process_look *look)
{
	return wakeup_find_but(model, arena, process, pid, look,
			       procfs_has_children(pid) ? 0 : BIT(SIGCHLD));
}
