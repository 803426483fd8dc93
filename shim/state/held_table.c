/*
 * A thread's slots are found here, and kept when the TLS that they are in goes: at the end of
 * the thread, and at a fork that loses it.
 */
#include "state/held_table.h"
#include "base/process.h"
#include "state/thread.h"
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

uint32_t held_table_count(struct thread *thread)
{
	return atomic_load(&thread->more) ? 1 + HELD_MORE : 1;
}

struct held_table *held_table_at(struct thread *thread, uint32_t index)
{
	return index ? &atomic_load(&thread->more)[index - 1] : &thread->held;
}

struct held_table *held_table_of(struct thread *thread, const struct held_slot *slot)
{
	struct held_table *more = atomic_load(&thread->more);
	uintptr_t offset = (uintptr_t)slot - (uintptr_t)more;

	if (more && offset < HELD_MORE * sizeof(*more))
		return &more[offset / sizeof(*more)];
	return &thread->held;
}

IN_CHILD struct held_slot *held_next(struct thread *thread, uint32_t *cursor)
{
	for (; *cursor < held_table_count(thread) * HELD_SLOTS;
	     *cursor = (*cursor / HELD_SLOTS + 1) * HELD_SLOTS) {
		struct held_table *table = held_table_at(thread, *cursor / HELD_SLOTS);
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
	struct held_table *table = held_table_of(thread, slot);

	return table->kinds[held_number(table, slot)];
}

uint8_t *held_flags(struct thread *thread, const struct held_slot *slot)
{
	struct held_table *table = held_table_of(thread, slot);

	return &table->flags[held_number(table, slot)];
}

void held_clear_more(struct thread *thread)
{
	struct held_table *more = atomic_load(&thread->more);

	for (uint32_t i = 0; more && i < HELD_MORE; i++)
		if (more[i].fast)
			memset(&more[i], 0, sizeof(more[i]));
}
