/*
 * HELD records, of locks that cannot be given back in a fork child, are appended here. This
 * runs in a fork child, or where fork() returns in the parent.
 */
#include "record/held_records.h"
#include "base/mappings.h"
#include "base/process.h"
#include "log/log.h"
#include "record/python_frames.h"
#include "state/capture.h"
#include "state/initialised_locks.h"
#include "state/thread.h"
#include <string.h>

#define RANGES    4
#define ASKED_MAX 64

/* What one child was told of its memory before it runs. To ask takes 10 us, and some 100 in a
 * process of a thousand mappings; thousands of locks may be held, in a few of them. */
static struct {
	uint32_t epoch; /* of the parent, plus one */
	uint32_t asked;
	struct mapping_range ranges[RANGES];
} told;

static enum memory_kind held_records_ask_memory(const void *lock)
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
	return told.asked < ASKED_MAX ? held_records_ask_memory(lock) : MEMORY_UNKNOWN;
}

IN_CHILD bool held_is_in_private_memory(const void *lock)
{
	return memory_at(lock) == MEMORY_PRIVATE;
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
