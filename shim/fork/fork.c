/*
 * Around a fork: who forks, from where, and with which other threads alive.
 * announce() runs in the parent among its other threads; child_start() in the
 * child, alone. May be interrupted by a signal handler that forks, which then
 * returns into the interrupted fork in two processes.
 */
#include "fork/fork.h"
#include "base/process.h"
#include "base/real.h"
#include "common/raw.h"
#include "fork/child.h"
#include "log/kept_facts.h"
#include "log/log.h"
#include "record/generators.h"
#include "record/held_records.h"
#include "record/loaded_interpreter.h"
#include "record/private_facts.h"
#include "record/python_frames.h"
#include "record/python_output.h"
#include "record/stdio_output.h"
#include "record/uses.h"
#include "state/lock_families.h"
#include "state/modules.h"
#include "state/thread.h"
#include <fcntl.h>
#include <pthread.h>

#define TASKS "/proc/self/task"

/* The kernel's record; glibc's getdents64 wrapper returns the same bytes. */
struct directory_entry {
	uint64_t inode;
	int64_t offset;
	unsigned short length;
	unsigned char type;
	char name[];
};

static bool count_if_alive(struct thread *thread, void *data)
{
	if (thread_lives_here(thread))
		++*(uint32_t *)data;
	return true;
}

/* Whose blocks are worth giving back. */
#define ENDED_MANY 64

struct population {
	uint32_t alive, ended;
};

static bool count_both(struct thread *thread, void *data)
{
	struct population *population = data;

	if (thread_lives_here(thread))
		population->alive++;
	else if (thread_ended_here(thread))
		population->ended++;
	return true;
}

struct search {
	pid_t tid;
	bool found;
};

/* __owner outlives the thread, and a task that has just ended is still listed. */
static bool stop_at_tid(struct thread *thread, void *data)
{
	struct search *search = data;

	search->found =
		thread->epoch == process.epoch && thread->life.__data.__owner == search->tid;
	return !search->found;
}

static bool is_registered(pid_t tid)
{
	struct search search = {tid, false};

	thread_each(stop_at_tid, &search);
	return search.found;
}

/* 0 for "." and "..". */
static pid_t read_tid(const char *name)
{
	pid_t tid = 0;

	for (; *name >= '0' && *name <= '9'; name++)
		tid = tid * 10 + (*name - '0');
	return tid;
}

static void note_unseen(const char *name)
{
	pid_t tid = read_tid(name);

	if (tid > 0 && process.unseen_count < UNSEEN_MAX && !is_registered(tid))
		process.unseen_tids[process.unseen_count++] = tid;
}

static void read_tasks(int directory)
{
	_Alignas(8) char buffer[2048];
	long length;

	while ((length = raw_syscall(SYS_getdents64, directory, buffer, sizeof(buffer))) > 0)
		for (long at = 0; at < length;) {
			const struct directory_entry *entry = (const void *)(buffer + at);

			note_unseen(entry->name);
			at += entry->length;
		}
}

/*
 * Threads that the shim never met: raw clones, and those of a library that
 * was bound to libc before us. A directory's link count is 2 + its tasks: one
 * stat, and the list is read only where the numbers differ.
 */
static void find_threads(struct thread *thread)
{
	struct population population = {0};
	struct stat status;
	int directory;

	process.unseen_count = 0;
	thread_each(count_both, &population);
	if (population.ended >= ENDED_MANY)
		thread_sweep();
	thread->fork.others = population.alive - 1;
	if (process.is_filtered || raw_stat(TASKS, &status) ||
	    status.st_nlink <= population.alive + 2)
		return;
	directory = raw_open(TASKS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return;
	read_tasks(directory);
	raw_close(directory);
	thread->fork.others += process.unseen_count;
	if (process.unseen_count)
		atomic_fetch_add(&log_header()->counters.unseen, process.unseen_count);
}

static kept_fact keep_fork(struct thread *thread)
{
	uint64_t hash = hash_mix(HASH_SEED, RECORD_FORK);
	struct kept_place place;
	struct record_fork *record;
	kept_fact fact, who;

	hash = hash_mix(hash, (uint64_t)process.serial << 32 | thread->serial);
	hash = hash_mix(hash, kept_identity(thread->fork.stack));
	hash = hash_mix(hash, kept_identity(thread->fork.python));
	hash = hash_mix(hash, (uint64_t)thread_generation() << 32 | process.unseen_count);
	fact = kept_find(hash_mix(hash, thread->fork.function), &place);
	if (fact)
		return fact;
	who = thread_keep(thread);
	record = kept_claim(&place, sizeof(*record), &fact);
	if (!record)
		return 0;
	record->parent = process.serial;
	record->parent_pid = process.pid;
	record->function = thread->fork.function;
	record->thread = who;
	record->stack = thread->fork.stack;
	record->python = thread->fork.python;
	record->generation = thread_generation();
	atomic_store(&record->execs, 0);
	atomic_store(&record->modules_changed, 0);
	atomic_store(&record->lost, 0);
	kept_commit(&place, record, RECORD_FORK, fact);
	return fact;
}

/* Writes it, and what the libraries table needs. */
static session_reference record_fork(kept_fact fact)
{
	session_reference reference = kept_written(fact);

	if (reference) {
		struct record_fork *record = log_record(reference);

		kept_count(fact);
		if (atomic_exchange(&record->modules_changed, 0))
			modules_note_change();
	}
	modules_record();
	return reference ? reference : kept_reference(fact);
}

/* By its thread, which cannot give it back in the child under its new id. */
static bool is_orphaned(struct thread *thread, const struct held_slot *slot)
{
	enum lock_kind kind = held_kind(thread, slot);
	_Alignas(16) unsigned char state[SESSION_LOCK_STATE_MAX];

	return slot->since && lock_is_held(slot, kind, thread_tid(thread), state) &&
	       !lock_family(kind)->crosses_fork(state);
}

static bool leaves_anything(struct thread *thread)
{
	const struct held_slot *slot;

	for (uint32_t cursor = 0; (slot = held_next(thread, &cursor));)
		if (is_orphaned(thread, slot))
			return true;
	for (uint32_t i = 0; thread->regions_used && i < REGIONS; i++)
		if (thread->regions[i].since)
			return true;
	return false;
}

/*
 * Most forks are by processes of one thread, a shell's, and leave nothing behind that
 * could matter to the child. Those are not written: a child that has something to say
 * writes down first what it was born by, and the CLI finds it in a child that hangs.
 */
static bool matters(struct thread *thread)
{
	return thread->fork.others || process.unseen_count || process.inherits ||
	       thread->fork.bears_itself || leaves_anything(thread);
}

static session_reference known_lost(session_reference fork)
{
	return fork ? atomic_load(&((struct record_fork *)log_record(fork))->lost) : 0;
}

/* The prepare handler counted a fork that did not come to be, or that its child will count. */
static void take_back(session_reference fork)
{
	if (fork)
		atomic_fetch_sub(&((struct record *)log_record(fork))->count, 1);
}

static void enter(struct thread *thread, enum fork_function function)
{
	/* Should a handler never come back, its library has a name. */
	modules_sync();
	interpreter_renew();
	thread->fork = (struct fork_state){.function = function};
	thread->fork.stack = capture_keep(thread);
	thread->fork.python = python_capture(thread, thread->capture_sp);
	thread->fork_depth++;
	thread_renew_fast(thread);
}

static bool record_thread(struct thread *thread, void *nothing)
{
	(void)nothing;
	if (thread_lives_here(thread))
		thread_record(thread);
	return true;
}

/* A handler that never comes back may wait for one of them. A child that lacks
 * them will name the same records. */
static void record_threads(void)
{
	static uint32_t recorded;
	uint32_t generation = thread_generation(), alive = 0;

	if (generation == recorded)
		return;
	recorded = generation;
	thread_each(count_if_alive, &alive);
	if (alive < 2)
		return;
	modules_record();
	thread_each(record_thread, NULL);
}

/* Handlers will run, and may not return. */
static void show_forking(struct thread *thread)
{
	record_threads();
	thread->shown_forking = process.serial;
	log_birth_forking(process.birth_index, thread_kernel_tid(thread));
}

/* The last thing before the clone: what the child will need to know. */
static void announce(struct thread *thread)
{
	struct fork_state *fork = &thread->fork;

	fork->fact = keep_fork(thread);
	fork->record = matters(thread) ? record_fork(fork->fact) : 0;
	fork->lost = known_lost(fork->record);
	fork->child = atomic_fetch_add(&log_header()->next_process, 1) + 1;
	fork->birth = fork->bears_itself ? 0 : log_birth_reserve();
	fork->ns = time_now();
	fork->parent = process.serial;
}

/*
 * Back in what was interrupted. If that is a fork that was announced already,
 * and this is another process by now, it has to be announced anew: its child
 * is this one's.
 */
static void resume(struct thread *thread, const struct fork_state *outer)
{
	thread->fork = *outer;
	if (!outer->parent || outer->parent == process.serial)
		return;
	find_threads(thread);
	announce(thread);
}

static IN_CHILD void leave(struct thread *thread, const struct fork_state *outer)
{
	if (--thread->fork_depth)
		show_forking(thread);
	else if (thread->shown_forking == process.serial)
		/* Not in a child: to read the log would cost it a page fault. */
		log_birth_forked(process.birth_index, thread_kernel_tid(thread));
	resume(thread, outer);
	thread_renew_fast(thread);
}

static void prepare(void)
{
	int saved = errno;
	struct thread *thread = thread_current();

	if (thread) {
		if (!thread->fork_depth) {
			enter(thread, FORK_ATFORK_ONLY);
			thread->fork.bears_itself = true;
			show_forking(thread);
		}
		find_threads(thread);
		output_announce(thread);
		python_output_announce(thread);
		announce(thread);
	}
	restore_errno(saved);
}

/* Only the handlers run for a fork found by dlsym: no wrapper will leave. */
static void leave_without_wrapper(struct thread *thread)
{
	static const struct fork_state none;

	if (thread->fork_depth && thread->fork.function == FORK_ATFORK_ONLY)
		leave(thread, &none);
}

/* Whether there is a child is not known here. */
static void parent(void)
{
	struct thread *thread = thread_known();

	if (!thread)
		return;
	random_forked();
	if (thread->fork.bears_itself)
		take_back(thread->fork.record);
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
			child_start(thread);
		leave_without_wrapper(thread);
	}
}

IN_START void fork_start(void)
{
	thread_on_new_process(fork_notice);
	/* The last names the library, for taking it away; this one stays. */
	real.__register_atfork(prepare, parent, child, &process);
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
static void settle(struct thread *thread, pid_t pid)
{
	if (thread->fork.bears_itself)
		return;
	fill_birth(&thread->fork, pid);
	if (pid > 0)
		atomic_fetch_add(&log_header()->counters.forks, 1);
	else
		take_back(thread->fork.record);
}

static bool begin(struct fork_scope *scope, enum fork_function function)
{
	struct thread *thread;

	real_ensure();
	thread = thread_current();
	if (!thread)
		return false;
	scope->thread = thread;
	scope->outer = thread->fork;
	scope->owner = thread_tid(thread);
	enter(thread, function);
	return true;
}

/* Only where no handler was there to do it. */
static void after_clone(struct thread *thread, pid_t pid)
{
	if (pid == 0) {
		fork_notice(thread);
		return;
	}
	random_forked();
	settle(thread, pid);
}

bool fork_begin(struct fork_scope *scope, enum fork_function function)
{
	int saved = errno;
	bool is_observed = begin(scope, function);

	if (is_observed) {
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
	bool is_observed = begin(scope, function);

	if (is_observed) {
		scope->thread->fork.is_raw = function != FORK_UNDERSCORE;
		scope->thread->fork.bears_itself = suspends;
		find_threads(scope->thread);
		output_announce(scope->thread);
		python_output_announce(scope->thread);
		announce(scope->thread);
		/* The child will count itself, and the parent may be kept until it ends. */
		if (suspends)
			take_back(scope->thread->fork.record);
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
	leave(thread, &scope->outer);
	/* Should a handler never come back, its library has a name. */
	modules_sync();
	return pid;
}

void fork_begin_child(struct thread *thread)
{
	static const struct fork_state none;

	if (is_announced(thread))
		child_start(thread);
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
	announce(thread);
	take_back(thread->fork.record);
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
		child_start(thread);
	} else {
		announce_unseen(thread);
		child_start(thread);
		resume(thread, &outer);
	}
	restore_errno(saved);
}
