/*
 * Cuts are written by the thread that forks, before the clone, and read by the other threads
 * when they come to a lock for the first time since.
 */
#include "record/cuts.h"
#include "base/process.h"
#include "common/glibc/semaphore.h"
#include "log/log.h"
#include "record/ownerless.h"
#include "record/python_frames.h"
#include "state/held.h"
#include "state/watched_locks.h"
#include <string.h>

struct kept_cut {
	_Atomic uint32_t version; /* odd: it is being written */
	struct cut cut;
};

static struct kept_cut cuts[CUTS];
static _Atomic uint32_t next_cut;

static uint32_t cut_bit(const void *lock, bool reads, uint32_t which)
{
	uint64_t hash = hash_mix(hash_mix(HASH_SEED, (uintptr_t)lock), reads);

	return (uint32_t)(hash >> (which ? 40 : 16)) % CUT_BITS;
}

static void set_held(struct cut *cut, const void *lock, bool reads)
{
	for (uint32_t which = 0; which < 2; which++) {
		uint32_t bit = cut_bit(lock, reads, which);

		cut->held[bit / 64] |= UINT64_C(1) << bit % 64;
	}
}

static bool is_set(const struct cut *cut, const void *lock, bool reads)
{
	for (uint32_t which = 0; which < 2; which++) {
		uint32_t bit = cut_bit(lock, reads, which);

		if (!(cut->held[bit / 64] >> bit % 64 & 1))
			return false;
	}
	return true;
}

bool cut_holds(const struct cut *cut, const void *lock, bool reads)
{
	return is_set(cut, lock, false) || (!reads && is_set(cut, lock, true));
}

/* In a child its parent's stay where they are: it asks them for what it lost, and what is not
 * written to is not copied. */
static bool is_own(const struct cut *cut)
{
	return cut->moment > process.cuts[(process.epoch + FORMER_FORKS - 1) % FORMER_FORKS];
}

static struct kept_cut *choose_cut(uint64_t line)
{
	for (uint32_t i = 0; i < CUTS; i++)
		if (is_own(&cuts[i].cut) && cuts[i].cut.line == line)
			return &cuts[i];
	return &cuts[atomic_fetch_add(&next_cut, 1) % CUTS];
}

/* A semaphore that has something left keeps nobody out, nor does one that nobody gives back. */
static bool cut_keeps_out(struct thread *thread, const struct held_slot *slot)
{
	struct glibc_semaphore state;

	if (held_kind(thread, slot) != LOCK_SEMAPHORE)
		return true;
	return object_is_given_back(held_lock(slot), LOCK_SEMAPHORE) &&
	       memory_read(&state, held_lock(slot), sizeof(state)) == sizeof(state) && !state.value;
}

static void cut_add_held(struct thread *thread, const struct held_slot *slot, struct cut *cut)
{
	const void *lock = held_lock(slot);
	bool reads = held_kind(thread, slot) == LOCK_RWLOCK && !(slot->lock & SLOT_NAMED);

	if (!slot->lock || !since_is_open(slot->since) || !cut_keeps_out(thread, slot))
		return;
	set_held(cut, lock, reads);
	cut->gates |= gate_bit(lock, reads);
	if (!watch_add(lock, WATCH_GATE))
		cut->gates_known = UINT64_MAX;
	else if (cut->gates_known != UINT64_MAX)
		cut->gates_known = watch_newest_gate();
}

/*
 * Two pauses from one line with nothing between them, or a signal to another thread: it waits for
 * something that is not seen.
 */
static bool cut_is_polled(const struct section_notes *notes)
{
	return notes->pauses >= 2 || notes->signalled;
}

/*
 * Who forks in a loop pauses as often before each fork; who waits for something does as it comes.
 * What a program did before its first fork is no measure, nor are several forks in a row.
 */
static bool pauses_vary(struct cut *cut, const struct cut *before,
			const struct section_notes *notes)
{
	uint64_t last = notes->pauses ? hash_mix(notes->pause_line, notes->pauses) : 0;
	bool vary = (before->last_pauses && last && last != before->last_pauses) ||
		    (before->pauses_in_all && notes->pauses_in_all &&
		     notes->pauses_in_all != before->pauses_in_all);

	cut->forks = before->forks + 1;
	cut->last_pauses = last ? last : before->last_pauses;
	cut->pauses_in_all = before->forks && notes->pauses_in_all ? notes->pauses_in_all
								   : before->pauses_in_all;
	return vary;
}

static void forget_pauses(struct section_notes *notes)
{
	notes->pauses = 0;
	notes->pauses_in_all = 0;
	notes->signalled = false;
}

/* The same line again, whatever else lies on the stack. */
static uint64_t line_of(struct thread *thread)
{
	uint64_t hash = hash_mix(HASH_SEED, (uintptr_t)thread->fork.site);

	if (!thread->fork.site)
		return hash_mix(hash, kept_identity(thread->fork.stack));
	return thread->fork.python ? hash_mix(hash, python_line(thread)) : hash;
}

static void fill_cut(struct cut *cut, struct thread *thread)
{
	const struct section_notes *notes = &thread->sections;
	uint64_t line = line_of(thread);
	struct cut before = {0};
	const struct held_slot *slot;

	if (cut->line == line)
		before = *cut;
	memset(cut, 0, sizeof(*cut));
	cut->line = line;
	cut->fork = thread->fork.fact;
	cut->serial = thread->serial;
	cut->gates = thread->clock.gates & GATE_PYTHON;
	cut->inline_lanes = thread->clock.inline_lanes;
	cut->polls = pauses_vary(cut, &before, notes) || before.polls || cut_is_polled(notes);
	for (uint32_t cursor = 0; (slot = held_next(thread, &cursor));)
		cut_add_held(thread, slot, cut);
	cut->ns = time_now();
	cut->moment = moment_begin(thread);
}

void cuts_before_fork(struct thread *thread)
{
	struct kept_cut *kept;

	thread->fork.cut = 0;
	if (!thread->fork.others) {
		forget_pauses(&thread->sections);
		return;
	}
	handover_settle(thread);
	held_catch_up(thread);
	kept = choose_cut(line_of(thread));
	atomic_fetch_or(&kept->version, 1);
	atomic_thread_fence(memory_order_seq_cst);
	fill_cut(&kept->cut, thread);
	thread->fork.cut = kept->cut.moment;
	atomic_thread_fence(memory_order_seq_cst);
	atomic_fetch_add(&kept->version, 1);
	held_slow_down(kept->cut.moment);
	forget_pauses(&thread->sections);
}

bool cut_at(uint32_t number, struct cut *cut)
{
	const struct kept_cut *kept = &cuts[number];
	uint32_t version = atomic_load(&kept->version);

	if (version & 1 || !is_own(&kept->cut))
		return false;
	memcpy(cut, &kept->cut, sizeof(*cut));
	atomic_thread_fence(memory_order_seq_cst);
	return atomic_load(&kept->version) == version;
}

bool cuts_are_there(void)
{
	for (uint32_t i = 0; i < CUTS; i++)
		if (is_own(&cuts[i].cut))
			return true;
	return false;
}

IN_CHILD void cuts_in_child(const struct thread *survivor)
{
	uint32_t before = (process.epoch + FORMER_FORKS - 1) % FORMER_FORKS;

	/* A fork that lost nothing made no cut. */
	process.cuts[process.epoch % FORMER_FORKS] =
		survivor->fork.cut ? survivor->fork.cut : process.cuts[before];
}

const struct cut *cut_that_lost(const struct thread *thread)
{
	uint64_t moment = process.cuts[thread->epoch % FORMER_FORKS];

	if (process.epoch - thread->epoch > FORMER_FORKS || !moment)
		return NULL;
	for (uint32_t i = 0; i < CUTS; i++)
		if (cuts[i].cut.moment == moment)
			return &cuts[i].cut;
	return NULL;
}
