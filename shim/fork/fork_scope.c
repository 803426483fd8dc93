/*
 * A fork is begun and ended here, whoever makes it: a wrapper, the atfork handlers alone, or
 * nobody that was seen. A signal handler may interrupt it and fork itself, and then returns
 * into the interrupted fork in two processes: what was under way is kept, and put back.
 */
#include "fork/fork_scope.h"
#include "base/process.h"
#include "base/real.h"
#include "fork/announcement.h"
#include "fork/order.h"
#include "fork/population.h"
#include "log/log.h"
#include "record/held_records.h"
#include "record/python_frames.h"
#include "state/capture.h"
#include "state/lock_families.h"
#include "state/modules.h"
#include "state/schedule.h"

static void fork_scope_enter(struct thread *thread, enum fork_function function)
{
	order_at_entry();
	thread->fork = (struct fork_state){.function = function};
	thread->fork.stack = capture_keep(thread);
	thread->fork.python = python_capture(thread, thread->capture_sp);
	thread->forked_python = thread->fork.python;
	thread->forked_sp = thread->capture_sp;
	atomic_store_explicit(&thread->tried.lock, 0, memory_order_relaxed);
	thread->fork_depth++;
	thread_renew_fast(thread);
}

/* Handlers will run, and may not return. */
static void show_forking(struct thread *thread)
{
	population_record();
	thread->shown_forking = process.serial;
	log_birth_forking(process.birth_index, thread_kernel_tid(thread));
}

/*
 * Back in what was interrupted. If that is a fork that was announced already,
 * and this is another process by now, it has to be announced anew: its child
 * is this one's.
 */
static void fork_scope_resume(struct thread *thread, const struct fork_state *outer)
{
	thread->fork = *outer;
	if (!outer->parent || outer->parent == process.serial)
		return;
	population_before_fork(thread);
	announcement_before_fork(thread);
}

static IN_CHILD void fork_scope_leave(struct thread *thread, const struct fork_state *outer)
{
	schedule_in_parent(thread);
	if (--thread->fork_depth)
		show_forking(thread);
	else if (thread->shown_forking == process.serial)
		/* Not in a child: to read the log would cost it a page fault. */
		log_birth_forked(process.birth_index, thread_kernel_tid(thread));
	fork_scope_resume(thread, outer);
	thread_renew_fast(thread);
}

static void fork_scope_prepare(void)
{
	int saved = errno;
	struct thread *thread = thread_current();

	if (thread) {
		if (!thread->fork_depth) {
			fork_scope_enter(thread, FORK_ATFORK_ONLY);
			thread->fork.bears_itself = true;
			show_forking(thread);
		}
		order_before_fork(thread);
	}
	restore_errno(saved);
}

/* Only the handlers run for a fork found by dlsym: no wrapper will leave. */
static void leave_without_wrapper(struct thread *thread)
{
	static const struct fork_state none;

	if (thread->fork_depth && thread->fork.function == FORK_ATFORK_ONLY)
		fork_scope_leave(thread, &none);
}

/* Whether there is a child is not known here. */
static void parent(void)
{
	struct thread *thread = thread_known();

	if (!thread)
		return;
	order_in_parent(thread);
	if (thread->fork.bears_itself)
		announcement_take_back(thread->fork.record);
	leave_without_wrapper(thread);
}

static bool is_announced(const struct thread *thread)
{
	return thread->fork.parent == process.serial;
}

static IN_CHILD void child(void)
{
	struct thread *thread = thread_known();

	if (thread) {
		/* Else a signal handler was first. */
		if (is_announced(thread))
			order_in_child(thread);
		leave_without_wrapper(thread);
	}
}

IN_START void fork_start(void)
{
	thread_on_new_process(fork_notice);
	/* The last names the library, for taking it away; this one stays. */
	real.__register_atfork(fork_scope_prepare, parent, child, &process);
}

/* By the parent; see log.h. pid -1: there is no child. */
static void fill_birth(const struct fork_state *fork, pid_t pid)
{
	struct session_birth birth = {
		.time_ns = fork->ns,
		.process = fork->child,
		.parent = process.serial,
		.image = process.image,
		.pid = pid,
		.fork = fork->record,
		.kind = pid > 0 ? BIRTH_CHILD : 0,
		.lost = fork->others,
		.private_facts = process.private_facts,
	};

	log_birth_fill(fork->birth, &birth);
}

/* In the parent, after the clone. */
static void fork_scope_settle(struct thread *thread, pid_t pid)
{
	if (thread->fork.bears_itself)
		return;
	fill_birth(&thread->fork, pid);
	if (pid > 0)
		atomic_fetch_add(&log_header()->counters.forks, 1);
	else
		announcement_take_back(thread->fork.record);
}

static bool fork_scope_begin(struct fork_scope *scope, enum fork_function function)
{
	struct thread *thread;

	real_ensure();
	thread = thread_current();
	if (!thread)
		return false;
	scope->thread = thread;
	scope->outer = thread->fork;
	scope->owner = thread_tid(thread);
	fork_scope_enter(thread, function);
	return true;
}

/* Only where no handler was there to do it. */
static void after_clone(struct thread *thread, pid_t pid)
{
	if (pid == 0) {
		fork_notice(thread);
		return;
	}
	order_in_parent(thread);
	fork_scope_settle(thread, pid);
}

bool fork_begin(struct fork_scope *scope, enum fork_function function, const void *site)
{
	int saved = errno;
	bool is_observed = fork_scope_begin(scope, function);

	if (is_observed) {
		scope->thread->fork.site = site;
		schedule_before_fork(scope->thread);
		/* In daemon() the parent does not come back. */
		scope->thread->fork.bears_itself = function == FORK_DAEMON;
		show_forking(scope->thread);
	}
	restore_errno(saved);
	return is_observed;
}

bool fork_begin_unhandled(struct fork_scope *scope, enum fork_function function, bool suspends)
{
	int saved = errno;
	bool is_observed = fork_scope_begin(scope, function);

	if (is_observed) {
		scope->thread->fork.is_raw = function != FORK_UNDERSCORE;
		scope->thread->fork.bears_itself = suspends;
		if (!suspends)
			schedule_before_fork(scope->thread);
		order_before_fork(scope->thread);
		/* The child will count itself, and the parent may be kept until it ends. */
		if (suspends)
			announcement_take_back(scope->thread->fork.record);
	}
	restore_errno(saved);
	return is_observed;
}

/* In the child the lock's word still has the id that its owner had in the parent. */
static void record_if_kept(struct thread *thread, const struct held_slot *slot, pid_t owner,
			   uint32_t flags)
{
	enum lock_kind kind = held_kind(thread, slot);
	_Alignas(16) unsigned char state[SESSION_LOCK_STATE_MAX];

	if (!(*held_flags(thread, slot) & HELD_FROM_HANDLER) ||
	    !lock_is_held(slot, kind, owner, state))
		return;
	/* What cannot be given back in the child was written down at the clone. */
	if (flags & HELD_KEPT_IN_CHILD && !lock_family(kind)->crosses_fork(state))
		return;
	if (!thread->fork.record)
		thread->fork.record = kept_reference(thread->fork.fact);
	held_record(thread, slot, thread->fork.record, HELD_BY_FORKER | flags, state,
		    lock_family(kind)->size);
}

/* Locks that the handlers took and did not give back. */
static void record_kept(struct fork_scope *scope, pid_t pid)
{
	struct thread *thread = scope->thread;
	uint32_t flags = pid ? HELD_KEPT : HELD_KEPT | HELD_KEPT_IN_CHILD;
	const struct held_slot *slot;

	for (uint32_t cursor = 0; thread->fork.fact && (slot = held_next(thread, &cursor));)
		record_if_kept(thread, slot, scope->owner, flags);
}

/* errno is libc's answer to the program, and a page of libc's code away in a child: nothing
 * here touches it. */
IN_CHILD pid_t fork_end(struct fork_scope *scope, pid_t pid)
{
	struct thread *thread = scope->thread;

	/* Not so in a child that has begun, nor where an earlier prepare handler kept ours
	 * from being reached. */
	if (is_announced(thread))
		after_clone(thread, pid);
	if (thread->fork_depth == 1)
		record_kept(scope, pid);
	fork_scope_leave(thread, &scope->outer);
	/* Should a handler never come back, its library has a name. */
	modules_sync();
	return pid;
}

void fork_begin_child(struct thread *thread)
{
	static const struct fork_state none;

	if (is_announced(thread))
		order_in_child(thread);
	thread->fork_depth = 0;
	thread->fork = none;
	thread_renew_fast(thread);
}

/* The fork that nobody announced: what its parent's side was is not known. */
static void announce_unseen(struct thread *thread)
{
	process.unseen_count = 0;
	thread->fork =
		(struct fork_state){.function = FORK_UNSEEN, .is_raw = true, .bears_itself = true};
	announcement_before_fork(thread);
	announcement_take_back(thread->fork.record);
}

COLD void fork_notice(struct thread *thread)
{
	int saved = errno;
	struct fork_state outer = thread->fork;

	/* A signal handler came before the child knew itself. */
	if (process.is_starting)
		return;
	process.is_starting = true;
	if (is_announced(thread)) {
		order_in_child(thread);
	} else {
		announce_unseen(thread);
		order_in_child(thread);
		fork_scope_resume(thread, &outer);
	}
	restore_errno(saved);
}
