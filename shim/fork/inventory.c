/*
 * A fork child takes the inventory of what it inherits here, before anything else, in signal
 * handlers, too: it takes no lock, and calls nothing of libc's but what real.h looked up.
 */
#include "fork/inventory.h"
#include "base/process.h"
#include "fork/announcement.h"
#include "fork/orphans.h"
#include "log/log.h"
#include "record/held_records.h"
#include "record/uses.h"
#include "state/lock_families.h"

#define LOST_RECORDED 4096

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
		    (lock_is_shared(family, held_lock(slot), state) &&
		     !held_is_in_private_memory(held_lock(slot))))
			continue;
		/* The forking thread lives on and can give a normal lock back. */
		if (is_forker && (inventory->keeps_id || family->crosses_fork(state)))
			continue;
		held = held_record(holder, slot, inventory->fork, is_forker ? HELD_BY_FORKER : 0,
				   state, family->size);
		orphan_add(held_lock(slot), kind, tid, held);
		inventory->held++;
	}
}

static IN_CHILD bool record_held_by_lost(struct thread *thread, void *data)
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

static bool inventory_add_lost(struct thread *thread, void *data)
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
	thread_each(inventory_add_lost, &writer);
	for (uint32_t i = 0; i < process.unseen_count && record->count < capacity; i++)
		record->threads[record->count++] =
			thread_record_unseen(process.unseen_tids[i], inventory->parent);
	log_commit(record, RECORD_LOST);
	log_publish(place, reference);
	if (inventory->fork)
		atomic_store(&((struct record_fork *)log_record(inventory->fork))->lost, reference);
}

/* The same set of threads is written once, however often it is lost. */
static IN_CHILD void record_lost_threads(struct inventory *inventory)
{
	uint64_t hash = hash_mix(HASH_SEED, RECORD_LOST);
	struct intern_place place;

	hash = hash_mix(hash, inventory->fork);
	hash = hash_mix(hash, (uint64_t)inventory->parent << 32 | inventory->generation);
	hash = hash_mix(hash, (uint64_t)inventory->lost << 32 | process.unseen_count);
	if (!inventory->survivor->fork.lost && !log_find(hash, &place))
		write_lost(inventory, &place);
}

IN_CHILD void inventory_in_child(struct inventory *inventory, struct thread *survivor)
{
	*inventory = (struct inventory){
		.survivor = survivor,
		.fork = survivor->fork.record,
		.parent = process.serial,
		.generation = thread_generation(),
	};
	inventory->keeps_id = survivor->fork.is_raw && thread_id_in_locks() == thread_tid(survivor);
	thread_each(count_lost, inventory);
	if (!inventory->lost && !process.unseen_count)
		return;
	announcement_renew_modules(inventory->fork);
	if (!survivor->fork.lost)
		thread_each(use_record_locks, NULL);
	record_lost_threads(inventory);
	thread_each(record_held_by_lost, inventory);
	process.inherits = true;
}

IN_CHILD void inventory_of_survivor(struct inventory *inventory)
{
	record_held_locks(inventory->survivor, inventory);
	process.inherits |= inventory->held > 0;
}
