/*
 * The slow half of the held-lock tables: new call sites, collisions, kinds that
 * count. Runs in the thread that owns the table; held_record() in a fork child.
 */
#include "held.h"
#include "locks/lock.h"
#include "log.h"
#include "python.h"
#include "thread.h"
#include <string.h>

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

/* The places where a lock's slot can be: the fast one first. */
static struct held_slot *place(struct held_table *table, const void *lock, uint32_t probe)
{
	uint32_t first = held_index(lock) * (HELD_SLOTS / HELD_FAST - 1);

	if (!probe)
		return &table->fast[held_index(lock)];
	return &table->slots[(first + probe - 1) % (HELD_SLOTS - HELD_FAST)];
}

/* The lock's own slot, else the first one that nobody needs; NULL when all are taken. */
static struct held_slot *find_place(struct held_table *table, const void *lock)
{
	struct held_slot *found = NULL;

	for (uint32_t probe = 0; probe < HELD_PROBES; probe++) {
		struct held_slot *slot = place(table, lock, probe);

		if (slot_is(slot, lock) && slot_is_open(slot))
			return slot;
		if (!found && !slot_is_open(slot))
			found = slot;
	}
	return found;
}

/*
 * A thread that unlocks another's mutex leaves the owner's slot open. Such
 * slots are reclaimed here; reading the word is safe, the memory may be gone.
 */
static struct held_slot *reclaim_place(struct thread *thread, const void *lock)
{
	for (uint32_t probe = 0; probe < HELD_PROBES; probe++) {
		struct held_slot *slot = place(&thread->held, lock, probe);
		enum lock_kind kind = thread->held.kinds[held_number(&thread->held, slot)];

		if (!lock_is_held(slot, kind, thread_tid(thread), NULL))
			return slot;
	}
	return NULL;
}

struct held_slot *held_open(struct thread *thread, const void *lock, enum lock_kind kind,
			    enum held_mode mode, struct call_site site)
{
	struct held_table *table = &thread->held;
	struct held_slot *slot = find_place(table, lock);
	uint32_t index;

	if (!slot)
		slot = reclaim_place(thread, lock);
	if (!slot) {
		table->overflowed++;
		return NULL;
	}
	index = held_number(table, slot);
	if (slot_is(slot, lock) && slot->site == site.address && slot->sp == site.sp) {
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
	slot->lock = (uintptr_t)lock | (mode == HELD_COUNTED ? SLOT_COUNTS : 0) |
		     (table->is_open ? 0 : SLOT_SLOW);
	capture_snapshot(thread, site);
	return slot;
}

struct held_slot *held_find(struct thread *thread, const void *lock)
{
	for (uint32_t probe = 0; probe < HELD_PROBES; probe++) {
		struct held_slot *slot = place(&thread->held, lock, probe);

		if (slot_is(slot, lock) && slot_is_open(slot))
			return slot;
	}
	return NULL;
}

/* SLOT_COUNTS hides the slot from the uncontended path, which does not count. */
bool held_again(struct thread *thread, const void *lock)
{
	struct held_slot *slot = held_find(thread, lock);
	uint8_t *depth = slot ? &thread->held.depths[held_number(&thread->held, slot)] : NULL;

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

	return slot ? thread->held.depths[held_number(&thread->held, slot)] + 1u : 0;
}

void held_close(struct thread *thread, const void *lock)
{
	struct held_slot *slot = held_find(thread, lock);
	uint8_t *depth = slot ? &thread->held.depths[held_number(&thread->held, slot)] : NULL;

	if (!slot)
		return;
	if (!*depth)
		slot->since = 0;
	else if (!--*depth)
		slot->lock &= ~(uintptr_t)SLOT_COUNTS;
}

void held_forget(struct thread *thread, const void *lock)
{
	for (uint32_t probe = 0; probe < HELD_PROBES; probe++) {
		struct held_slot *slot = place(&thread->held, lock, probe);

		if (slot_is(slot, lock))
			*slot = (struct held_slot){0};
	}
}

session_reference held_record(struct thread *holder, uint32_t index, session_reference fork,
			      uint32_t flags, const void *state, size_t length)
{
	const struct held_slot *slot = held_slot(&holder->held, index);
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

	session_reference thread = thread_record(holder);
	session_reference acquired = snapshot ? capture_record_snapshot(snapshot) : 0;
	session_reference frozen = capture_record_frozen(holder, (uintptr_t)slot->sp);
	session_reference python = python_capture_lost(holder, (uintptr_t)slot->sp);

	record = log_claim(sizeof(*record), &reference);
	if (!record)
		return 0;
	record->fork = fork;
	record->thread = thread;
	record->lock = lock;
	record->kind = holder->held.kinds[index];
	record->flags = flags | holder->held.flags[index];
	record->site = (uintptr_t)slot->site;
	record->site_sp = (uintptr_t)slot->sp;
	record->since_ns = slot->since;
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
