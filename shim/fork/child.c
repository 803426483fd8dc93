/*
 * Runs in fork children. First alone, on the frozen copy of the parent; later
 * wherever the child meets a lock that it inherited as held.
 */
#include "fork/child.h"
#include "base/mappings.h"
#include "base/process.h"
#include "common/raw.h"
#include "fork/lost_holder.h"
#include "log/kept_facts.h"
#include "log/log.h"
#include "record/generators.h"
#include "record/held_records.h"
#include "record/loaded_interpreter.h"
#include "record/private_facts.h"
#include "record/python_frames.h"
#include "record/python_output.h"
#include "record/region_entries.h"
#include "record/stdio_output.h"
#include "record/taken.h"
#include "record/uses.h"
#include "state/capture.h"
#include "state/held.h"
#include "state/initialised_locks.h"
#include "state/lock_families.h"
#include "state/modules.h"
#include "state/thread.h"
#include <string.h>

#define LOST_RECORDED 4096
#define ORPHANS       1024

/* Locks that lost threads held at the clone, as far as the tables knew. */
struct orphan {
	const void *lock;
	pid_t owner;
	enum lock_kind kind;
	session_reference held;
	session_reference tried; /* the WAIT record that counts the tries to take it */
	enum memory_kind memory;
	bool touched;
};

static struct orphan orphans[ORPHANS];

struct inventory {
	struct thread *survivor;
	bool keeps_id; /* the survivor's own locks still know it */
	session_reference fork;
	uint32_t parent;     /* serial of the parent */
	uint32_t generation; /* of its set of threads */
	uint32_t lost;       /* threads */
	uint32_t overflowed;
	uint32_t held;    /* locks of lost threads */
	uint32_t regions; /* bits: some thread was ever inside */
};

static IN_CHILD bool count_lost(struct thread *thread, void *data)
{
	struct inventory *inventory = data;

	inventory->regions |= thread->regions_used;
	if (thread == inventory->survivor)
		return true;
	held_freeze(&thread->held, thread_lives_here(thread));
	if (!thread_lives_here(thread))
		return true;
	inventory->lost++;
	inventory->overflowed += thread->held.overflowed;
	return true;
}

/* NULL: there is no room. */
static struct orphan *remember_orphan(const void *lock, enum lock_kind kind, pid_t owner,
				      session_reference held)
{
	struct orphan *orphan;

	if (process.orphan_count == ORPHANS)
		return NULL;
	orphan = &orphans[process.orphan_count++];
	*orphan = (struct orphan){.lock = lock, .owner = owner, .kind = kind, .held = held};
	return orphan;
}

/* Writes HELD records for the slots of a thread that the locks themselves confirm. */
static IN_CHILD void record_held_locks(struct thread *holder, struct inventory *inventory)
{
	bool is_forker = holder == inventory->survivor;
	pid_t tid = thread_tid(holder);
	const struct held_slot *slot;

	for (uint32_t cursor = 0; tid > 0 && (slot = held_next(holder, &cursor));) {
		enum lock_kind kind = held_kind(holder, slot);
		const struct lock_family *family = lock_family(kind);
		_Alignas(16) unsigned char state[SESSION_LOCK_STATE_MAX];
		session_reference held;

		if (!lock_is_held(slot, kind, tid, state) ||
		    lock_is_shared(family, held_lock(slot), state))
			continue;
		/* The forking thread lives on and can give a normal lock back. */
		if (is_forker && (inventory->keeps_id || family->crosses_fork(state)))
			continue;
		held = held_record(holder, slot, inventory->fork, is_forker ? HELD_BY_FORKER : 0,
				   state, family->size);
		remember_orphan(held_lock(slot), kind, tid, held);
		inventory->held++;
	}
}

static bool record_held_by_lost(struct thread *thread, void *data)
{
	struct inventory *inventory = data;

	if (thread_lives_here(thread) && thread != inventory->survivor)
		record_held_locks(thread, inventory);
	return true;
}

struct lost_writer {
	struct inventory *inventory;
	struct record_lost *record;
};

static bool add_lost(struct thread *thread, void *data)
{
	struct lost_writer *writer = data;
	struct record_lost *record = writer->record;

	if (!thread_lives_here(thread) || thread == writer->inventory->survivor)
		return true;
	if (record->count == LOST_RECORDED)
		return false;
	record->threads[record->count++] = thread_record(thread);
	return true;
}

static void write_lost(struct inventory *inventory, const struct intern_place *place)
{
	uint32_t total = inventory->lost + process.unseen_count;
	uint32_t capacity = total < LOST_RECORDED ? total : LOST_RECORDED;
	struct lost_writer writer = {.inventory = inventory};
	session_reference reference;
	struct record_lost *record;

	record = log_claim(sizeof(*record) + capacity * sizeof(*record->threads), &reference);
	if (!record)
		return;
	writer.record = record;
	record->overflowed = inventory->overflowed;
	thread_each(add_lost, &writer);
	for (uint32_t i = 0; i < process.unseen_count && record->count < capacity; i++)
		record->threads[record->count++] =
			thread_record_unseen(process.unseen_tids[i], inventory->parent);
	log_commit(record, RECORD_LOST);
	log_publish(place, reference);
	if (inventory->fork)
		atomic_store(&((struct record_fork *)log_record(inventory->fork))->lost, reference);
}

/* The same set of threads is written once, however often it is lost. */
static void record_lost_threads(struct inventory *inventory)
{
	uint64_t hash = hash_mix(HASH_SEED, RECORD_LOST);
	struct intern_place place;

	hash = hash_mix(hash, inventory->fork);
	hash = hash_mix(hash, (uint64_t)inventory->parent << 32 | inventory->generation);
	hash = hash_mix(hash, (uint64_t)inventory->lost << 32 | process.unseen_count);
	if (!inventory->survivor->fork.lost && !log_find(hash, &place))
		write_lost(inventory, &place);
}

static void forget_parent(void)
{
	process.orphan_count = 0;
	taken_forget_parent();
	capture_forget_parent();
	interpreter_forget_parent();
}

static void take_identity(struct thread *survivor)
{
	if (survivor->fork.is_raw) {
		/* Behind a filter it stays unknown: nobody will take it for another's. */
		process.pid = process.is_filtered ? 0 : raw_getpid();
		thread_survive_raw(survivor);
	} else {
		thread_survive(survivor);
		process.pid = thread_tid(survivor);
	}
}

/* Who this process is from now on. */
static void become(struct thread *survivor, const struct inventory *inventory)
{
	if (!inventory->keeps_id)
		process.former_tids[process.former_count++ % FORMER_TIDS] = thread_tid(survivor);
	process.parent_pid = process.pid;
	process.parent = inventory->parent;
	process.serial = survivor->fork.child;
	process.birth_index = survivor->fork.birth;
	process.kind = BIRTH_CHILD;
	process.fork = inventory->fork;
	process.born_by = survivor->fork.fact;
	/* The parent's, from just before: the clock would cost the child a page fault. */
	process.birth_ns = survivor->fork.ns;
	process.lost = inventory->lost + process.unseen_count;
	atomic_store(&process.recorded, false);
	process.forks[process.epoch % FORMER_FORKS] = inventory->fork;
	process.epoch++;
	take_identity(survivor);
	wakers_start_child();
	if (process_is_new())
		atomic_store(process_mark, 1);
}

/* The parent does not learn who the child is, or too late. */
static void bear_itself(void)
{
	struct session_birth birth = {
		.time_ns = process.birth_ns,
		.process = process.serial,
		.parent = process.parent,
		.image = process.image,
		.pid = process.pid,
		.fork = process.fork,
		.kind = BIRTH_CHILD,
		.lost = process.lost,
		.private_facts = process.private_facts,
	};

	process.birth_index = log_birth_reserve();
	log_birth_fill(process.birth_index, &birth);
	atomic_fetch_add(&log_header()->counters.forks, 1);
	if (process.fork)
		atomic_fetch_add(&((struct record *)log_record(process.fork))->count, 1);
}

static void sync_modules(session_reference fork)
{
	if (!modules_are_stale())
		return;
	modules_note_change();
	modules_record();
	if (fork)
		atomic_store(&((struct record_fork *)log_record(fork))->modules_changed, 1);
}

IN_CHILD void child_start(struct thread *survivor)
{
	struct inventory inventory = {
		.survivor = survivor,
		.fork = survivor->fork.record,
		.parent = process.serial,
		.generation = thread_generation(),
	};

	process.is_starting = true;
	inventory.keeps_id = survivor->fork.is_raw && thread_id_in_locks() == thread_tid(survivor);
	forget_parent();
	thread_each(count_lost, &inventory);
	if (inventory.lost || process.unseen_count) {
		sync_modules(inventory.fork);
		if (!survivor->fork.lost)
			thread_each(use_record_locks, NULL);
		record_lost_threads(&inventory);
		thread_each(record_held_by_lost, &inventory);
		process.inherits = true;
	}
	/* Most never were, and its code is a page fault away. */
	if (inventory.regions)
		regions_inherit(survivor, inventory.fork, inventory.lost > 0);
	record_held_locks(survivor, &inventory);
	process.inherits |= inventory.held > 0;
	become(survivor, &inventory);
	output_inherit();
	python_output_inherit();
	random_forked();
	if (survivor->fork.bears_itself)
		bear_itself();
	if (inventory.held)
		log_birth_mark(process.birth_index, BIRTH_INHERITED);
	thread_renew_fast(survivor);
	process.is_starting = false;
}

static struct orphan *find_orphan(const void *lock)
{
	for (uint32_t i = 0; i < process.orphan_count; i++)
		if (orphans[i].lock == lock)
			return &orphans[i];
	return NULL;
}

/* A HELD record says what its writer was told, at this fork or at one like it. */
static enum memory_kind memory_of(struct orphan *orphan)
{
	const struct record_held *held = orphan->held ? log_record(orphan->held) : NULL;

	if (orphan->memory == MEMORY_UNKNOWN && held)
		orphan->memory =
			held->flags & HELD_IN_SHARED_MEMORY ? MEMORY_SHARED : MEMORY_PRIVATE;
	else if (orphan->memory == MEMORY_UNKNOWN)
		orphan->memory = maps_look_up(orphan->lock).kind;
	return orphan->memory;
}

/* A normal lock of the forking thread is no orphan at the clone; it is one
 * when the same thread asks for it again without having given it back. */
static session_reference record_own_lock(struct thread *thread, const void *lock, const void *state,
					 size_t size)
{
	struct held_slot *slot = held_find(thread, lock);

	if (!slot)
		return 0;
	return held_record(thread, slot, kept_reference(process.born_by), HELD_BY_FORKER, state,
			   size);
}

static session_reference write_wait(struct thread *thread, const void *lock,
				    const struct lock_family *family, const void *state,
				    const struct orphan *orphan, pid_t owner,
				    enum lock_operation operation, uint32_t flags)
{
	session_reference reference, who = thread_record(thread), stack = capture_stack(thread);
	session_reference python = kept_reference(python_capture(thread, thread->capture_sp));
	struct record_wait *record = log_claim(sizeof(*record), &reference);

	if (!record)
		return 0;
	record->fork = process.fork;
	record->thread = who;
	record->held = orphan->held;
	record->is_in_shared_memory = orphan->memory == MEMORY_SHARED;
	record->stack = stack;
	record->python = python;
	record->lock = (uintptr_t)lock;
	record->kind = family->kind;
	record->flags = flags;
	record->owner = owner;
	record->tid = thread_kernel_tid(thread);
	record->operation = operation;
	record->state_length = (uint32_t)family->size;
	memcpy(record->state, state, family->size);
	record->initialised = lock_initialised_at(lock);
	log_commit(record, RECORD_WAIT);
	return reference;
}

/* The fork by which this process lost a thread, perhaps as an ancestor of itself. */
static session_reference fork_that_lost(const struct thread *thread)
{
	if (process.epoch - thread->epoch > FORMER_FORKS)
		return process.fork;
	return process.forks[thread->epoch % FORMER_FORKS];
}

/* What was not written at the clone. In memory that the parent shares, its threads may have
 * taken the lock since, from wherever. */
static session_reference record_late(struct thread *thread, const struct orphan *orphan,
				     const void *state, size_t size,
				     const struct lost_holder *holder)
{
	if (orphan->memory == MEMORY_SHARED)
		return 0;
	if (holder->slot)
		return held_record(holder->thread, holder->slot, fork_that_lost(holder->thread),
				   HELD_IN_WINDOW, state, size);
	if (!lost_holder_is_former(holder->tid))
		return 0;
	return record_own_lock(thread, orphan->lock, state, size);
}

/* Polling with trylock would fill the log: the first failure is written, the others are
 * counted there. */
static bool is_tried_again(struct orphan *orphan, uint32_t flags)
{
	if (!flags || !orphan || !orphan->touched)
		return false;
	if (orphan->tried)
		atomic_fetch_add_explicit(&((struct record *)log_record(orphan->tried))->count, 1,
					  memory_order_relaxed);
	return true;
}

/*
 * In memory that the parent shares its threads go on with the lock, and a try gets it from
 * them. So does a wait, unless the wake-up stays in the parent.
 */
static bool is_kept_by_parent(struct orphan *orphan, const struct lock_family *family,
			      const void *state, uint32_t flags)
{
	return memory_of(orphan) == MEMORY_SHARED &&
	       (flags || !family->wakes_own_only || !family->wakes_own_only(state));
}

/* A reader gets what other readers have. */
static bool can_be_had(const struct lock_family *family, enum lock_operation operation,
		       const void *state)
{
	return is_for_reading(operation) && !family->owner(state) &&
	       !(family->keeps_readers_out && family->keeps_readers_out(state));
}

/* A sleep that a signal handler interrupts ends with a new look at the lock. */
static uint32_t interruption(const struct orphan *orphan)
{
	return orphan->memory == MEMORY_SHARED && wakers_catch_signals() ? WAIT_UNTIL_SIGNAL : 0;
}

static session_reference record_wait(struct thread *thread, struct orphan *orphan,
				     const struct lock_family *family, const void *state,
				     const struct lost_holder *holder,
				     enum lock_operation operation, uint32_t flags)
{
	session_reference wait;

	if (orphan->memory == MEMORY_SHARED && orphan->owner != holder->tid)
		orphan->held = 0;
	if (!orphan->held)
		orphan->held = record_late(thread, orphan, state, family->size, holder);
	orphan->touched = true;
	sync_modules(0);
	wait = write_wait(thread, orphan->lock, family, state, orphan, holder->tid, operation,
			  flags | interruption(orphan));
	if (flags)
		orphan->tried = wait;
	log_announce();
	return wait;
}

session_reference child_wait(struct thread *thread, const void *lock, enum lock_kind kind,
			     enum lock_operation operation, uint32_t flags)
{
	const struct lock_family *family = lock_family(kind);
	_Alignas(16) unsigned char state[SESSION_LOCK_STATE_MAX];
	struct orphan unlisted = {.lock = lock, .kind = kind}, *orphan = find_orphan(lock);
	struct lost_holder holder;
	session_reference wait = 0;
	int saved = errno;

	memcpy(state, lock, family->size);
	if (lock_is_shared(family, lock, state) || can_be_had(family, operation, state))
		return 0;
	holder = lost_holder_find(thread, lock, family, state, is_for_reading(operation));
	if (!holder.tid || is_tried_again(orphan, flags))
		return 0;
	if (!orphan)
		orphan = remember_orphan(lock, kind, holder.tid, 0);
	if (!orphan)
		orphan = &unlisted;
	if (!is_kept_by_parent(orphan, family, state, flags))
		wait = record_wait(thread, orphan, family, state, &holder, operation, flags);
	errno = saved;
	return wait;
}

void child_wait_ended(session_reference reference, int result)
{
	struct record_wait *record = log_record(reference);

	atomic_store(&record->result, result);
	atomic_store(&record->ended_ns, time_now());
}

static void record_touch(struct thread *thread, const struct orphan *orphan,
			 enum lock_operation operation, int result)
{
	session_reference reference, stack = capture_stack(thread), who = thread_record(thread);
	struct record_touch *record = log_claim(sizeof(*record), &reference);

	if (!record)
		return;
	record->fork = process.fork;
	record->thread = who;
	record->stack = stack;
	record->operation = operation;
	record->lock = (uintptr_t)orphan->lock;
	record->kind = orphan->kind;
	record->result = result;
	record->held = orphan->held;
	record->flags = thread->fork_depth ? TOUCH_FROM_HANDLER : 0;
	log_commit(record, RECORD_TOUCH);
}

void child_touch(struct thread *thread, const void *lock, enum lock_operation operation, int result)
{
	struct orphan *orphan = find_orphan(lock);
	int saved = errno;

	if (!orphan || orphan->touched)
		return;
	orphan->touched = true;
	if (memory_of(orphan) != MEMORY_SHARED)
		record_touch(thread, orphan, operation, result);
	errno = saved;
}

/* A lock can be made anew by assignment, which no wrapper sees. */
static bool is_still_orphaned(const struct orphan *orphan)
{
	struct held_slot slot = {.lock = (uintptr_t)orphan->lock, .since = 1};

	return lock_is_held(&slot, orphan->kind, orphan->owner, NULL);
}

IN_CHILD void child_end(void)
{
	struct thread *thread;

	/* The last chance to find out that this is one. */
	if (process.active && process_is_new())
		thread_current();
	if (!process.active || !process.orphan_count || process.kind != BIRTH_CHILD)
		return;
	/* A vfork child ends in its parent's memory. */
	if (!process.is_filtered && raw_getpid() != process.pid)
		return;
	thread = thread_current();
	for (uint32_t i = 0; thread && i < process.orphan_count; i++)
		if (!orphans[i].touched && !is_still_orphaned(&orphans[i]))
			child_touch(thread, orphans[i].lock, OPERATION_OVERWRITTEN, 0);
}
