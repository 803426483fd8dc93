/*
 * The parent announces a fork here: its facts are kept, and those written that can matter to
 * the child. This runs in the parent, among its other threads.
 */
#include "fork/announcement.h"
#include "base/process.h"
#include "log/kept_facts.h"
#include "state/lock_families.h"
#include "state/modules.h"
#include "state/thread.h"

static kept_fact keep_fork(struct thread *thread, bool *is_new)
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
	*is_new = !fact;
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

/* Writes it, and what the libraries table needs. A new one that found no room among the kept
 * facts is in the log already, and counted. */
static session_reference announcement_record_fork(kept_fact fact, bool is_new)
{
	session_reference reference = kept_written(fact);

	if (reference) {
		struct record_fork *record = log_record(reference);

		if (!is_new)
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

	return since_is_open(slot->since) && lock_is_held(slot, kind, thread_tid(thread), state) &&
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
void announcement_take_back(session_reference fork)
{
	if (fork)
		atomic_fetch_sub(&((struct record *)log_record(fork))->count, 1);
}

void announcement_before_fork(struct thread *thread)
{
	struct fork_state *fork = &thread->fork;
	bool is_new;

	fork->fact = keep_fork(thread, &is_new);
	fork->record = matters(thread) ? announcement_record_fork(fork->fact, is_new) : 0;
	fork->lost = known_lost(fork->record);
	fork->child = atomic_fetch_add(&log_header()->next_process, 1) + 1;
	fork->birth = fork->bears_itself ? 0 : log_birth_reserve();
	fork->ns = time_now();
	fork->parent = process.serial;
}

IN_CHILD void announcement_renew_modules(session_reference fork)
{
	if (!modules_are_stale())
		return;
	modules_note_change();
	modules_record();
	if (fork)
		atomic_store(&((struct record_fork *)log_record(fork))->modules_changed, 1);
}
