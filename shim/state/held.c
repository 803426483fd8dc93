/*
 * The slow half of the held-lock tables: new call sites, collisions, kinds that
 * count. Runs in the thread that owns the table; held_record() in a fork child.
 */
#include "state/held.h"
#include "base/mappings.h"
#include "base/process.h"
#include "common/raw.h"
#include "hooks/lock.h"
#include "log/log.h"
#include "record/python_frames.h"
#include "record/taken.h"
#include "state/thread.h"
#include <string.h>

#define RANGES    4
#define ASKED_MAX 64

__thread struct held_slot held_fast[HELD_FAST]
	__attribute__((tls_model("initial-exec"), aligned(64)));

void held_attach(struct held_table *table)
{
	memset(held_fast, 0, sizeof(held_fast));
	table->fast = held_fast;
}

IN_CHILD void held_set_open(struct held_table *table, bool open)
{
	table->is_open = open;
	for (uint32_t i = 0; i < HELD_FAST; i++) {
		struct held_slot *slot = &table->fast[i];

		/* What is not written to is not copied, at either end of a fork. */
		if (slot->lock && open == !!(slot->lock & SLOT_SLOW))
			slot->lock ^= SLOT_SLOW;
	}
}

void held_detach(struct held_table *table)
{
	held_set_open(table, false);
	memcpy(table->kept, held_fast, sizeof(held_fast));
	table->fast = table->kept;
	memset(held_fast, 0, sizeof(held_fast));
}

/* The TLS lies on the thread's stack, which may be gone with it, and which a
 * program may keep from its children (MADV_DONTFORK). */
IN_CHILD void held_freeze(struct held_table *table, bool was_alive)
{
	uint64_t fast = table->used & ((1u << HELD_FAST) - 1);

	if (!fast || table->fast == table->kept)
		return;
	if (!was_alive ||
	    memory_read(table->kept, table->fast, sizeof(table->kept)) != sizeof(table->kept)) {
		table->used &= ~fast;
		table->overflowed += was_alive ? (uint32_t)__builtin_popcountll(fast) : 0;
	}
	table->fast = table->kept;
}

static bool slot_is(const struct held_slot *slot, const void *lock)
{
	return slot->lock && held_lock(slot) == lock;
}

static bool slot_is_open(const struct held_slot *slot)
{
	return slot->lock && slot->since;
}

static struct held_table *further_table(struct held_table *more, uint32_t index)
{
	if (!more[index].fast)
		more[index].fast = more[index].kept;
	return &more[index];
}

static uint32_t table_count(struct thread *thread)
{
	return atomic_load(&thread->more) ? 1 + HELD_MORE : 1;
}

static struct held_table *table_at(struct thread *thread, uint32_t index)
{
	return index ? &atomic_load(&thread->more)[index - 1] : &thread->held;
}

static struct held_table *table_of(struct thread *thread, const struct held_slot *slot)
{
	struct held_table *more = atomic_load(&thread->more);
	uintptr_t offset = (uintptr_t)slot - (uintptr_t)more;

	if (more && offset < HELD_MORE * sizeof(*more))
		return &more[offset / sizeof(*more)];
	return &thread->held;
}

IN_CHILD struct held_slot *held_next(struct thread *thread, uint32_t *cursor)
{
	for (; *cursor < table_count(thread) * HELD_SLOTS;
	     *cursor = (*cursor / HELD_SLOTS + 1) * HELD_SLOTS) {
		struct held_table *table = table_at(thread, *cursor / HELD_SLOTS);
		uint64_t left = table->used >> *cursor % HELD_SLOTS;
		uint32_t found = *cursor;

		if (!left)
			continue;
		found += (uint32_t)__builtin_ctzll(left);
		*cursor = found + 1;
		return held_slot(table, found % HELD_SLOTS);
	}
	return NULL;
}

enum lock_kind held_kind(struct thread *thread, const struct held_slot *slot)
{
	struct held_table *table = table_of(thread, slot);

	return table->kinds[held_number(table, slot)];
}

uint8_t *held_flags(struct thread *thread, const struct held_slot *slot)
{
	struct held_table *table = table_of(thread, slot);

	return &table->flags[held_number(table, slot)];
}

static uint8_t *depth_of(struct thread *thread, const struct held_slot *slot)
{
	struct held_table *table = table_of(thread, slot);

	return &table->depths[held_number(table, slot)];
}

void held_clear_more(struct thread *thread)
{
	struct held_table *more = atomic_load(&thread->more);

	for (uint32_t i = 0; more && i < HELD_MORE; i++)
		if (more[i].fast)
			memset(&more[i], 0, sizeof(more[i]));
}

static bool map_more(struct thread *thread)
{
	size_t size = HELD_MORE * sizeof(struct held_table);
	struct held_table *others = NULL, *more;

	if (process.is_filtered)
		return false;
	more = raw_mmap(size, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
	if (more == MAP_FAILED)
		return false;
	/* A signal handler may have been here. */
	if (!atomic_compare_exchange_strong(&thread->more, &others, more))
		raw_munmap(more, size);
	return true;
}

/* The places of a table where a lock's slot can be: the fast one first. */
static struct held_slot *place(struct held_table *table, const void *lock, uint32_t probe)
{
	uint32_t first = held_index(lock) * (HELD_SLOTS / HELD_FAST - 1);

	if (!probe)
		return &table->fast[held_index(lock)];
	return &table->slots[(first + probe - 1) % (HELD_SLOTS - HELD_FAST)];
}

/* The tables where it can be, the thread's first one first; NULL: that was the last. */
static struct held_table *choose_table(struct thread *thread, const void *lock, uint32_t choice)
{
	struct held_table *more;
	uint64_t hash;

	if (!choice)
		return &thread->held;
	more = atomic_load(&thread->more);
	if (!more || choice > HELD_CHOICES)
		return NULL;
	hash = hash_mix(HASH_SEED, (uintptr_t)lock) >> 32;
	return further_table(more, (uint32_t)(hash + choice) % HELD_MORE);
}

/* A table that was never written to has no fast slots yet, or has lost them with its thread:
 * held_freeze() leaves it alone. */
static struct held_slot *used_place(struct held_table *table, const void *lock, uint32_t probe)
{
	if (!probe && !(table->used >> held_index(lock) & 1))
		return NULL;
	return place(table, lock, probe);
}

static struct held_slot *find_in(struct held_table *table, const void *lock, bool open)
{
	for (uint32_t probe = 0; probe < HELD_PROBES; probe++) {
		struct held_slot *slot = used_place(table, lock, probe);

		if (slot && slot_is(slot, lock) && (!open || slot_is_open(slot)))
			return slot;
	}
	return NULL;
}

static struct held_slot *find_anywhere(struct thread *thread, const void *lock, bool open)
{
	struct held_table *table;
	struct held_slot *slot = NULL;

	for (uint32_t i = 0; !slot && (table = choose_table(thread, lock, i)); i++)
		slot = find_in(table, lock, open);
	return slot;
}

struct held_slot *held_find(struct thread *thread, const void *lock)
{
	return find_anywhere(thread, lock, true);
}

struct held_slot *held_last(struct thread *thread, const void *lock)
{
	struct held_slot *slot = held_find(thread, lock);

	return slot ? slot : find_anywhere(thread, lock, false);
}

static struct held_slot *find_free_in(struct held_table *table, const void *lock)
{
	for (uint32_t probe = 0; probe < HELD_PROBES; probe++)
		if (!slot_is_open(place(table, lock, probe)))
			return place(table, lock, probe);
	return NULL;
}

/* The lock's own slot, else the first one that nobody needs; NULL when all are taken. */
static struct held_slot *find_place(struct thread *thread, const void *lock)
{
	struct held_table *table;
	struct held_slot *slot = held_find(thread, lock);

	for (uint32_t i = 0; !slot && (table = choose_table(thread, lock, i)); i++)
		slot = find_free_in(table, lock);
	return slot;
}

/*
 * A thread that unlocks another's mutex leaves the owner's slot open. Such
 * slots are reclaimed here; reading the word is safe, the memory may be gone.
 */
static struct held_slot *reclaim_place(struct thread *thread, const void *lock)
{
	for (uint32_t probe = 0; probe < HELD_PROBES; probe++) {
		struct held_slot *slot = place(&thread->held, lock, probe);

		if (!lock_is_held(slot, held_kind(thread, slot), thread_tid(thread), NULL))
			return slot;
	}
	return NULL;
}

/* Reclaiming takes a system call for each place: not for every lock of a crowd, and seldom
 * while there is room elsewhere. */
static struct held_slot *make_place(struct thread *thread, const void *lock,
				    struct held_slot *found)
{
	struct held_slot *slot = NULL;

	if (found && slot_is(found, lock))
		return found;
	if (thread->crowded++ % (found ? 1024 : 16) == 0)
		slot = reclaim_place(thread, lock);
	if (!slot)
		slot = found;
	if (!slot && !atomic_load(&thread->more) && map_more(thread))
		slot = find_place(thread, lock);
	return slot;
}

static uintptr_t claim_of(const void *lock, enum held_mode mode, bool is_open)
{
	static const uintptr_t bits[] = {
		[HELD_COUNTED] = SLOT_COUNTS,
		[HELD_NAMED] = SLOT_NAMED,
	};

	return (uintptr_t)lock | bits[mode] | (is_open ? 0 : SLOT_SLOW);
}

struct held_slot *held_open(struct thread *thread, const void *lock, enum lock_kind kind,
			    enum held_mode mode, struct call_site site)
{
	struct held_slot *slot = find_place(thread, lock);
	struct held_table *table;
	uint32_t index;

	if (process.inherits)
		taken_note(thread, lock, kind, site);
	if (!slot || table_of(thread, slot) != &thread->held)
		slot = make_place(thread, lock, slot);
	if (!slot) {
		thread->held.overflowed++;
		return NULL;
	}
	table = table_of(thread, slot);
	index = held_number(table, slot);
	if (slot->lock == claim_of(lock, mode, table->is_open) && slot->site == site.address &&
	    slot->sp == site.sp) {
		slot->since = time_coarse();
		table->flags[index] = thread->fork_depth ? HELD_FROM_HANDLER : 0;
		return slot;
	}
	/* A signal handler that locks in here must not see half a slot as its own. */
	slot->lock = 0;
	atomic_signal_fence(memory_order_seq_cst);
	slot->site = site.address;
	slot->sp = site.sp;
	slot->since = time_now();
	table->kinds[index] = (uint8_t)kind;
	table->flags[index] = thread->fork_depth ? HELD_FROM_HANDLER : 0;
	table->depths[index] = 0;
	table->used |= (uint64_t)1 << index;
	atomic_signal_fence(memory_order_seq_cst);
	slot->lock = claim_of(lock, mode, table->is_open);
	capture_snapshot(thread, site);
	return slot;
}

/* SLOT_COUNTS hides the slot from the uncontended path, which does not count. */
bool held_again(struct thread *thread, const void *lock)
{
	struct held_slot *slot = held_find(thread, lock);
	uint8_t *depth = slot ? depth_of(thread, slot) : NULL;

	if (!slot)
		return false;
	slot->lock |= SLOT_COUNTS;
	if (*depth < UINT8_MAX)
		++*depth;
	return true;
}

uint32_t held_count(struct thread *thread, const void *lock)
{
	const struct held_slot *slot = held_find(thread, lock);

	return slot && !(slot->lock & SLOT_NAMED) ? *depth_of(thread, slot) + 1u : 0;
}

void held_close(struct thread *thread, const void *lock)
{
	struct held_slot *slot = held_find(thread, lock);
	uint8_t *depth = slot ? depth_of(thread, slot) : NULL;

	if (!slot)
		return;
	if (!*depth)
		slot->since = 0;
	else if (!--*depth)
		slot->lock &= ~(uintptr_t)SLOT_COUNTS;
}

void held_forget(struct thread *thread, const void *lock)
{
	struct held_table *table;

	if (process.inherits)
		taken_made(lock);
	for (uint32_t i = 0; (table = choose_table(thread, lock, i)); i++)
		for (uint32_t probe = 0; probe < HELD_PROBES; probe++) {
			struct held_slot *slot = place(table, lock, probe);

			if (slot_is(slot, lock))
				*slot = (struct held_slot){0};
		}
}

/* What one child was told of its memory before it runs. To ask takes 10 us, and some 100 in a
 * process of a thousand mappings; thousands of locks may be held, in a few of them. */
static struct {
	uint32_t epoch; /* of the parent, plus one */
	uint32_t asked;
	struct mapping_range ranges[RANGES];
} told;

static enum memory_kind ask_memory(const void *lock)
{
	struct mapping_range range = maps_look_up(lock);

	told.ranges[told.asked++ % RANGES] = range;
	return range.kind;
}

static enum memory_kind memory_at(const void *lock)
{
	uintptr_t address = (uintptr_t)lock;

	if (!process.is_starting)
		return maps_look_up(lock).kind;
	if (told.epoch != process.epoch + 1)
		memset(&told, 0, sizeof(told));
	told.epoch = process.epoch + 1;
	for (uint32_t i = 0; i < RANGES; i++)
		if (address >= told.ranges[i].start && address < told.ranges[i].end)
			return told.ranges[i].kind;
	return told.asked < ASKED_MAX ? ask_memory(lock) : MEMORY_UNKNOWN;
}

/* Asked once for what is the same at many forks: the log has it already. */
static uint32_t place_flags(const void *lock)
{
	return memory_at(lock) == MEMORY_SHARED ? HELD_IN_SHARED_MEMORY : 0;
}

session_reference held_record(struct thread *holder, const struct held_slot *slot,
			      session_reference fork, uint32_t flags, const void *state,
			      size_t length)
{
	uintptr_t lock = (uintptr_t)held_lock(slot);
	const struct snapshot *snapshot = capture_find(holder, slot->site, slot->sp);
	struct record_held *record;
	struct intern_place place;
	session_reference reference;
	uint64_t hash = hash_mix(HASH_SEED, RECORD_HELD);

	hash = hash_mix(hash, fork);
	hash = hash_mix(hash, (uint64_t)holder->born_in << 32 | holder->serial);
	hash = hash_mix(hash, lock);
	hash = hash_mix(hash, (uintptr_t)slot->site);
	hash = hash_mix(hash, flags);
	reference = log_find(hash, &place);
	if (reference)
		return reference;

	/* First: the frames of a handler that has returned are where our own calls go. */
	session_reference frozen = capture_record_frozen(holder, (uintptr_t)slot->sp);
	session_reference acquired = snapshot ? capture_record_snapshot(snapshot) : 0;
	session_reference thread = thread_record(holder);
	session_reference python = kept_reference(python_capture_lost(holder, (uintptr_t)slot->sp));

	record = log_claim(sizeof(*record), &reference);
	if (!record)
		return 0;
	record->fork = fork;
	record->thread = thread;
	record->lock = lock;
	record->kind = held_kind(holder, slot);
	record->flags = flags | *held_flags(holder, slot) | place_flags((const void *)lock);
	record->site = (uintptr_t)slot->site;
	record->site_sp = (uintptr_t)slot->sp;
	record->since_ns = flags & HELD_IN_WINDOW ? 0 : slot->since;
	record->acquired = acquired;
	record->frozen = frozen;
	record->python = python;
	record->initialised = lock_initialised_at((const void *)lock);
	record->state_length =
		(uint32_t)(length < SESSION_LOCK_STATE_MAX ? length : SESSION_LOCK_STATE_MAX);
	memcpy(record->state, state, record->state_length);
	log_commit(record, RECORD_HELD);
	log_publish(&place, reference);
	return reference;
}
