/*
 * TAKEN records say which locks of lost threads a child takes. Which locks the lost threads
 * had used is asked of their tables when the child takes its first lock, and not at the fork:
 * most children take none.
 */
#include "record/taken.h"
#include "base/mappings.h"
#include "base/process.h"
#include "common/glibc/semaphore.h"
#include "log/log.h"
#include "record/python_frames.h"
#include "record/sections.h"
#include "state/capture.h"
#include "state/held.h"
#include "state/lock_families.h"
#include "state/lock_marks.h"
#include "state/thread.h"
#include <string.h>

#define BITS 4096

/* A bit for each lock that a lost thread has in a slot, open or not, and that was not made
 * anew since. Two locks may share one: then a record more is written, or one less. */
static _Atomic uint64_t used[BITS / 64];
/* Of those that were seen to be taken here, by `how`. */
#define HOWS (TAKEN_FOR_READING + TAKEN_BOUNDED + 1)
static _Atomic uint64_t seen[HOWS][BITS / 64];

/* Of locks that one child asks the log about: each may be a page of it to touch. */
#define TAKEN_MAX  128
#define OTHERS_MAX 64
static _Atomic uint32_t noted, others_noted;

/* process.used_locks */
enum { USED_UNKNOWN, USED_ASKED, USED_KNOWN };

static uint32_t taken_bit_of(const void *lock)
{
	return (uint32_t)(hash_mix(HASH_SEED, (uintptr_t)lock) >> 40) % BITS;
}

static bool has_bit(const _Atomic uint64_t *bits, const void *lock)
{
	uint32_t bit = taken_bit_of(lock);

	return atomic_load_explicit(&bits[bit / 64], memory_order_relaxed) >> bit % 64 & 1;
}

/* Returns whether it was set before. */
static bool set_bit(_Atomic uint64_t *bits, const void *lock)
{
	uint64_t mask = UINT64_C(1) << taken_bit_of(lock) % 64;

	return atomic_fetch_or_explicit(&bits[taken_bit_of(lock) / 64], mask,
					memory_order_relaxed) &
	       mask;
}

static void clear_bit(_Atomic uint64_t *bits, const void *lock)
{
	atomic_fetch_and_explicit(&bits[taken_bit_of(lock) / 64],
				  ~(UINT64_C(1) << taken_bit_of(lock) % 64), memory_order_relaxed);
}

static bool add_used(struct thread *thread, void *data)
{
	const struct held_slot *slot;

	(void)data;
	if (!thread_is_lost(thread) && !thread_ended_before(thread))
		return true;
	for (uint32_t cursor = 0; (slot = held_next(thread, &cursor));)
		if (held_lock(slot))
			set_bit(used, held_lock(slot));
	return true;
}

/* Another thread, or a handler that interrupted it, goes on without while one asks. */
static bool taken_is_known(void)
{
	uint32_t state = USED_UNKNOWN;

	if (!atomic_compare_exchange_strong(&process.used_locks, &state, USED_ASKED))
		return state == USED_KNOWN;
	for (size_t i = 0; i < BITS / 64; i++) {
		atomic_store_explicit(&used[i], 0, memory_order_relaxed);
		for (size_t how = 0; how < HOWS; how++)
			atomic_store_explicit(&seen[how][i], 0, memory_order_relaxed);
	}
	atomic_store_explicit(&noted, 0, memory_order_relaxed);
	atomic_store_explicit(&others_noted, 0, memory_order_relaxed);
	thread_each(add_used, NULL);
	atomic_store(&process.used_locks, USED_KNOWN);
	return true;
}

static bool is_shared(const void *lock, enum lock_kind kind)
{
	const struct lock_family *family = lock_family(kind);
	_Alignas(16) unsigned char state[SESSION_LOCK_STATE_MAX];

	/* Only those that were made for one process are here. */
	if (!family)
		return false;
	memcpy(state, lock, family->size);
	/* In memory of this process alone it is a copy like any other. */
	return lock_is_shared(family, lock, state) && maps_look_up(lock).kind != MEMORY_PRIVATE;
}

/* Forks from the same line are one: with other threads they have FORK records of their own. */
static session_reference find_known(const void *lock, enum lock_kind kind, uint32_t how,
				    struct call_site site, struct intern_place *place)
{
	const struct record_fork *fork = log_record(process.fork);
	uint64_t hash = hash_mix(HASH_SEED, RECORD_TAKEN);

	hash = hash_mix(hash, (uint64_t)process.image << 32 | fork->stack);
	hash = hash_mix(hash, (uintptr_t)lock);
	hash = hash_mix(hash, (uintptr_t)site.address);
	return log_find(hash_mix(hash, (uint64_t)how << 32 | kind), place);
}

static void record_taken(struct thread *thread, const void *lock, enum lock_kind kind, uint32_t how,
			 struct call_site site)
{
	session_reference reference, who, stack, python;
	struct record_taken *record;
	struct intern_place place;

	if (find_known(lock, kind, how, site, &place))
		return;
	who = thread_record(thread);
	python_capture_place(thread, kind, site, &stack, &python);
	record = log_claim(sizeof(*record), &reference);
	if (!record)
		return;
	record->fork = process.fork;
	record->thread = who;
	record->stack = stack;
	record->python = python;
	record->lock = (uintptr_t)lock;
	record->site = (uintptr_t)site.address;
	record->kind = kind;
	record->flags = how | (thread->fork_depth ? TAKEN_FROM_HANDLER : 0);
	log_commit(record, RECORD_TAKEN);
	log_publish(&place, reference);
}

/* Of the moment when this process began. */
static uint64_t moment_of_birth(void)
{
	return process.cuts[(process.epoch + FORMER_FORKS - 1) % FORMER_FORKS];
}

enum origin {
	ORIGIN_OTHER,  /* nothing is known of it */
	ORIGIN_PARENT, /* it is the parent's */
	ORIGIN_OWN,    /* it was made anew */
};

static enum origin origin_of(const void *lock, enum lock_kind kind)
{
	uint64_t mark = lock_marked(lock, kind), birth = moment_of_birth();

	/* What it guards is static, and so is it. */
	if (kind == LOCK_GUARD)
		return ORIGIN_PARENT;
	if (!lock_mark_place(lock, kind))
		return ORIGIN_OTHER;
	return mark && (mark < birth || !birth) ? ORIGIN_PARENT : ORIGIN_OWN;
}

static uint32_t taken_class(uint32_t how)
{
	return how & (TAKEN_FOR_READING | TAKEN_BOUNDED);
}

struct tokens {
	const void *semaphore;
	uint32_t users, taken;
};

static bool count_tokens(struct thread *thread, void *data)
{
	struct tokens *tokens = data;
	const struct held_slot *slot =
		thread_is_lost(thread) ? held_last(thread, tokens->semaphore) : NULL;

	if (!slot)
		return true;
	tokens->users++;
	tokens->taken += since_is_open(slot->since);
	return true;
}

/* Could the lost threads have all of it at once? This thread has just taken one. */
static bool can_be_exhausted(const void *semaphore)
{
	struct tokens tokens = {.semaphore = semaphore};

	thread_each(count_tokens, &tokens);
	return tokens.users >= glibc_semaphore_load(semaphore).value + 1 + tokens.taken;
}

static bool may_note(const void *lock, enum lock_kind kind, uint32_t how)
{
	bool is_used = has_bit(used, lock);
	enum origin origin = origin_of(lock, kind);

	if (origin == ORIGIN_OWN || (!is_used && origin != ORIGIN_PARENT) || is_shared(lock, kind))
		return false;
	if (kind == LOCK_SEMAPHORE && !can_be_exhausted(lock))
		return false;
	if (set_bit(seen[taken_class(how)], lock))
		return false;
	return is_used ? atomic_fetch_add_explicit(&noted, 1, memory_order_relaxed) < TAKEN_MAX
		       : atomic_fetch_add_explicit(&others_noted, 1, memory_order_relaxed) <
				 OTHERS_MAX;
}

COLD void taken_note(struct thread *thread, const void *lock, enum lock_kind kind, uint32_t how,
		     struct call_site site)
{
	int saved = errno;

	if (process.fork && taken_is_known() && may_note(lock, kind, how)) {
		record_taken(thread, lock, kind, how, site);
		if (has_bit(used, lock))
			sections_lost(lock, kind);
	}
	errno = saved;
}

static bool search_region(struct thread *thread, void *data)
{
	uint32_t *region = data;

	if (thread_is_lost(thread) && thread->regions_used & region_bit(*region))
		*region = 0;
	return *region;
}

COLD void taken_note_region(struct thread *thread, enum region region, struct call_site site)
{
	const void *lock = (const void *)(uintptr_t)region;
	uint32_t searched = region;

	if (!process.fork || !taken_is_known() || set_bit(seen[0], lock))
		return;
	record_taken(thread, lock, LOCK_REGION, 0, site);
	thread_each(search_region, &searched);
	if (!searched)
		sections_lost(lock, LOCK_REGION);
}

COLD void taken_made(const void *lock)
{
	if (process.fork && taken_is_known())
		clear_bit(used, lock);
}
