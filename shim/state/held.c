/*
 * Slots of held locks are opened and closed here where the hooks' common path cannot: new call
 * sites, collisions, kinds that count. This runs in the thread that owns the table.
 */
#include "state/held.h"
#include "base/process.h"
#include "common/raw.h"
#include "log/log.h"
#include "state/lock_families.h"
#include "state/moments.h"
#include "state/thread.h"
#include "state/watched_locks.h"
#include <string.h>

static bool slot_is(const struct held_slot *slot, const void *lock)
{
	return slot->lock && held_lock(slot) == lock;
}

static bool slot_is_open(const struct held_slot *slot)
{
	return slot->lock && since_is_open(slot->since);
}

static struct held_table *further_table(struct held_table *more, uint32_t index)
{
	if (!more[index].fast)
		more[index].fast = more[index].kept;
	return &more[index];
}

static uint8_t *held_depth_of(struct thread *thread, const struct held_slot *slot)
{
	struct held_table *table = held_table_of(thread, slot);

	return &table->depths[held_number(table, slot)];
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
static struct held_slot *held_place(struct held_table *table, const void *lock, uint32_t probe)
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
	return held_place(table, lock, probe);
}

static struct held_slot *held_find_in(struct held_table *table, const void *lock, bool open)
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
		slot = held_find_in(table, lock, open);
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
		if (!slot_is_open(held_place(table, lock, probe)))
			return held_place(table, lock, probe);
	return NULL;
}

/* Of the places of a lock beside the fast one: what is said of it already, what was never used, or
 * what is the oldest. */
static struct held_slot *choose_aside(struct held_table *table, const void *lock)
{
	struct held_slot *oldest = NULL;

	for (uint32_t probe = 1; probe < HELD_PROBES; probe++) {
		struct held_slot *place = held_place(table, lock, probe);

		if (slot_is_open(place))
			continue;
		if (!place->lock || held_lock(place) == lock)
			return place;
		if (!oldest || place->since < oldest->since)
			oldest = place;
	}
	return oldest;
}

void held_move_aside(struct thread *thread, uint32_t index)
{
	struct held_table *table = &thread->held;
	struct held_slot *from = held_slot(table, index), *to;
	uint32_t number;

	if (!held_lock(from) || slot_is_open(from))
		return;
	to = choose_aside(table, held_lock(from));
	if (!to)
		return;
	number = held_number(table, to);
	to->lock = 0;
	atomic_thread_fence(memory_order_release);
	to->site = from->site;
	to->sp = from->sp;
	to->since = from->since;
	table->kinds[number] = table->kinds[index];
	table->flags[number] = table->flags[index];
	table->depths[number] = 0;
	table->used |= (uint64_t)1 << number;
	atomic_thread_fence(memory_order_release);
	to->lock = from->lock;
}

/* The lock's own slot, else the first one that nobody needs; NULL when all are taken. */
static struct held_slot *held_find_place(struct thread *thread, const void *lock)
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
		struct held_slot *slot = held_place(&thread->held, lock, probe);

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
		slot = held_find_place(thread, lock);
	return slot;
}

static bool slot_reads(struct thread *thread, const struct held_slot *slot)
{
	return held_kind(thread, slot) == LOCK_RWLOCK && !(slot->lock & SLOT_NAMED);
}

/* Slots of gates are few, and each of their uses comes by here. */
static void renew_gates(struct thread *thread)
{
	uint32_t gates = thread->clock.gates & GATE_PYTHON;
	const struct held_slot *slot;

	for (uint32_t cursor = 0; (slot = held_next(thread, &cursor));)
		if (slot->lock & SLOT_WATCHED && slot_is_open(slot) &&
		    watch_of(held_lock(slot)) & WATCH_GATE)
			gates |= gate_bit(held_lock(slot), slot_reads(thread, slot));
	moment_set_gates(thread, gates);
}

void held_catch_up(struct thread *thread)
{
	struct held_slot *slot;

	for (uint32_t cursor = 0; (slot = held_next(thread, &cursor));) {
		uint32_t watch = slot->lock & SLOT_WATCHED ? 0 : watch_of(held_lock(slot));

		if (!watch)
			continue;
		slot->lock |= SLOT_WATCHED;
		if (watch & WATCH_HANDS_OVER)
			handover_takes(thread, (uintptr_t)held_lock(slot));
	}
	renew_gates(thread);
}

uint64_t held_before_release(struct thread *thread, const void *lock)
{
	uint64_t closing = held_closing;

	if (unlikely(watch_of(lock) & WATCH_HANDS_OVER))
		handover_gives(thread, (uintptr_t)lock);
	return closing;
}

void held_watch(struct thread *thread, const void *lock)
{
	struct held_slot *slot = held_find(thread, lock);

	if (slot)
		slot->lock |= SLOT_WATCHED;
}

static uintptr_t claim_of(const void *lock, enum held_mode mode, bool is_open, bool is_watched)
{
	static const uintptr_t bits[] = {
		[HELD_COUNTED] = SLOT_COUNTS,
		[HELD_NAMED] = SLOT_NAMED,
	};

	return (uintptr_t)lock | bits[mode] | (is_open ? 0 : SLOT_SLOW) |
	       (is_watched ? SLOT_WATCHED : 0);
}

struct held_slot *held_open(struct thread *thread, const void *lock, enum lock_kind kind,
			    enum held_mode mode, struct call_site site)
{
	struct held_slot *slot = held_find_place(thread, lock);
	bool is_watched = watch_of(lock) || thread->sections.measured == (uintptr_t)lock;
	struct held_table *table;
	uint32_t index;

	if (!slot || held_table_of(thread, slot) != &thread->held)
		slot = make_place(thread, lock, slot);
	if (!slot) {
		thread->held.overflowed++;
		return NULL;
	}
	table = held_table_of(thread, slot);
	index = held_number(table, slot);
	if (slot->lock == claim_of(lock, mode, table->is_open, is_watched) &&
	    slot->site == site.address && slot->sp == site.sp) {
		slot->since = time_coarse();
		table->flags[index] = thread->fork_depth ? HELD_FROM_HANDLER : 0;
		if (slot->lock & SLOT_WATCHED)
			renew_gates(thread);
		return slot;
	}
	if (table == &thread->held && index < HELD_FAST && held_lock(slot) != lock)
		held_move_aside(thread, index);
	/* A signal handler that locks in here must not see half a slot as its own. */
	slot->lock = 0;
	atomic_thread_fence(memory_order_release);
	slot->site = site.address;
	slot->sp = site.sp;
	slot->since = time_now();
	table->kinds[index] = (uint8_t)kind;
	table->flags[index] = thread->fork_depth ? HELD_FROM_HANDLER : 0;
	table->depths[index] = 0;
	table->used |= (uint64_t)1 << index;
	atomic_thread_fence(memory_order_release);
	slot->lock = claim_of(lock, mode, table->is_open, is_watched);
	if (slot->lock & SLOT_WATCHED)
		renew_gates(thread);
	capture_snapshot(thread, site);
	return slot;
}

/* SLOT_COUNTS hides the slot from the uncontended path, which does not count. */
bool held_again(struct thread *thread, const void *lock)
{
	struct held_slot *slot = held_find(thread, lock);
	uint8_t *depth = slot ? held_depth_of(thread, slot) : NULL;

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

	return slot && !(slot->lock & SLOT_NAMED) ? *held_depth_of(thread, slot) + 1u : 0;
}

void held_close(struct thread *thread, const void *lock, uint64_t closing)
{
	struct held_slot *slot = held_find(thread, lock);
	uint8_t *depth = slot ? held_depth_of(thread, slot) : NULL;

	if (!slot)
		return;
	if (*depth) {
		if (!--*depth)
			slot->lock &= ~(uintptr_t)SLOT_COUNTS;
		return;
	}
	slot->since = closing;
	if (unlikely(slot->lock & SLOT_WATCHED))
		renew_gates(thread);
}

void held_forget(struct thread *thread, const void *lock)
{
	struct held_table *table;

	for (uint32_t i = 0; (table = choose_table(thread, lock, i)); i++)
		for (uint32_t probe = 0; probe < HELD_PROBES; probe++) {
			struct held_slot *slot = held_place(table, lock, probe);

			if (slot_is(slot, lock))
				*slot = (struct held_slot){0};
		}
}
