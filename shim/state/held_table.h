/*
 * What a thread holds, or held last: a table of call sites that only its own
 * thread writes.
 *
 * A slot is a claim, not a proof. It is written before the lock is asked for
 * (so that the real call can be jumped to) and closed before the lock is given
 * back; whether the lock was held at a clone is read from the lock's own word,
 * in the child's frozen copy. An entry that the word contradicts is dropped.
 */
#ifndef FORKCHECK_STATE_HELD_TABLE_H
#define FORKCHECK_STATE_HELD_TABLE_H

#include "common/log_format.h"
#include "common/thread_layout.h"
#include "shim.h"

struct thread;

#define HELD_PROBES 12
/* A lock can be in so many of the further tables. */
#define HELD_CHOICES 3

/*
 * In TLS and not behind a pointer: an atomic instruction waits for all loads
 * before it and holds up all behind it, so that one level more in the chain of
 * loads costs 5 cycles of the 20 that an uncontended lock takes (Zen 2).
 */
extern __thread struct held_slot held_fast[HELD_FAST] HIDDEN
	__attribute__((tls_model("initial-exec")));

/*
 * What the uncontended path writes into a slot that it closes: SLOT_GIVEN_BACK, the calling
 * thread's moment and its gates.
 */
extern __thread uint64_t held_closing HIDDEN __attribute__((tls_model("initial-exec")));
/*
 * A slot that was closed before this is not for the uncontended path: since then a fork, or a
 * new watch, has come, and what the thread does with the lock next is to be seen. Compares with
 * held_slot.since.
 */
extern uint64_t held_slow_before HIDDEN;
/* From now on that is so of all slots; `moment` is the newest one. */
void held_slow_down(uint64_t moment);

/* Multiplicative hashing (Knuth, 6.4): one multiplication and one shift. */
static inline uint32_t held_index(const void *lock)
{
	return (uint32_t)(uintptr_t)lock * ARCH_LOCK_SPREAD >> 28;
}
_Static_assert(HELD_FAST == 16, "held_index() yields four bits");

/* True when the slot says: same lock, same call, same depth; only the time is to be renewed. */
static inline bool held_matches(const struct held_slot *slot, const void *lock,
				struct call_site site)
{
	return likely(slot->lock == (uintptr_t)lock) && likely(slot->site == site.address) &&
	       likely(slot->sp == site.sp) && likely(slot->since >= held_slow_before);
}

static inline const void *held_lock(const struct held_slot *slot)
{
	return (const void *)(slot->lock & ~SLOT_BITS);
}

/* A slot by its number, and the number of a slot. */
static inline struct held_slot *held_slot(struct held_table *table, uint32_t number)
{
	return number < HELD_FAST ? &table->fast[number] : &table->slots[number - HELD_FAST];
}

static inline uint32_t held_number(const struct held_table *table, const struct held_slot *slot)
{
	if (slot >= table->slots && slot < table->slots + HELD_SLOTS - HELD_FAST)
		return (uint32_t)(slot - table->slots) + HELD_FAST;
	return (uint32_t)(slot - table->fast);
}

/*
 * The next slot of a thread that was ever written; NULL: that was the last. `cursor`
 * starts at 0.
 */
struct held_slot *held_next(struct thread *thread, uint32_t *cursor);

/* What the thread's tables say beside the slot. */
enum lock_kind held_kind(struct thread *thread, const struct held_slot *slot);
uint8_t *held_flags(struct thread *thread, const struct held_slot *slot);

/* Empties the further tables: the block gets another thread. */
void held_clear_more(struct thread *thread);

/* Gives the calling thread's TLS to its table. */
void held_attach(struct held_table *table);

/*
 * Opens or closes the uncontended path of the calling thread: it is closed while
 * fork() runs handlers, and in a child that inherited locks.
 */
void held_set_open(struct held_table *table, bool open);

/* The calling thread is about to end: from here on its table does without the TLS. */
void held_detach(struct held_table *table);

/*
 * In a fork child: the same for a thread that is not there. Slots of one that
 * had ended before are forgotten; where the memory is not to be had they count
 * as overflowed.
 */
void held_freeze(struct held_table *table, bool was_alive);

/* How many tables a thread has, and one of them; 0 is the one in its block. */
uint32_t held_table_count(struct thread *thread);
struct held_table *held_table_at(struct thread *thread, uint32_t index);
/* The one that a slot is in. */
struct held_table *held_table_of(struct thread *thread, const struct held_slot *slot);

#endif
