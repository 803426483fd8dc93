/*
 * Who is inside of a region of libc is noted here where it is not noted in passing, and in a
 * fork child the entries of lost threads are asked whether they still hold. HELD and WAIT
 * records follow.
 */
#include "record/region_entries.h"
#include "base/process.h"
#include "log/log.h"
#include "record/sections.h"
#include "record/taken.h"
#include "state/capture.h"
#include "state/thread.h"
#include <string.h>

/* What lost threads were inside of, as of the last fork that lost such a thread. */
static struct orphaned_region {
	session_reference held;
	pid_t owner;
	uint64_t since;
} orphaned[REGIONS];

/* --- entering and leaving ---------------------------------------------------- */

static session_reference region_entries_write_wait(struct thread *thread, enum region region)
{
	session_reference reference, who = thread_record(thread), stack = capture_stack(thread);
	struct record_wait *record = log_claim(sizeof(*record), &reference);

	if (!record)
		return 0;
	record->fork = process.fork;
	record->thread = who;
	record->held = orphaned[region].held;
	record->stack = stack;
	record->lock = region;
	record->kind = LOCK_REGION;
	record->flags = WAIT_PERHAPS;
	record->owner = orphaned[region].owner;
	record->tid = thread_tid(thread);
	log_commit(record, RECORD_WAIT);
	return reference;
}

/* One record for each thread and region: most calls find the lock free, and a
 * child may make millions of them. */
static void begin_wait(struct thread *thread, enum region region)
{
	struct region_slot *slot = &thread->regions[region];
	int saved = errno;

	if (slot->wait)
		atomic_store(&((struct record_wait *)log_record(slot->wait))->ended_ns, 0);
	else
		slot->wait = region_entries_write_wait(thread, region);
	errno = saved;
}

COLD void region_wait_ended(const struct region_slot *slot)
{
	atomic_store(&((struct record_wait *)log_record(slot->wait))->ended_ns, time_coarse());
}

/* For the first time after a fork. */
static void note_return(struct thread *thread, enum region region, struct call_site site)
{
	int saved = errno;

	if (process.inherits)
		taken_note_region(thread, region, site);
	sections_region(thread, region, thread->regions[region].closed, site);
	errno = saved;
}

/* The first time, a call within a call, or a child that may meet an orphan. */
COLD struct region_slot *region_open(struct thread *thread, enum region region,
				     struct call_site site)
{
	struct region_slot *slot = &thread->regions[region];

	/* A callback or a signal handler: the outer call goes on afterwards. An
	 * entry that is not further out was left without a return. */
	if (slot->since && site.sp < slot->sp)
		return NULL;
	thread->regions_used |= region_bit(region);
	if (!slot->since && slot->closed < held_slow_before)
		note_return(thread, region, site);
	if (process.orphaned_regions & region_bit(region))
		begin_wait(thread, region);
	return slot;
}

/* --- in a fork child --------------------------------------------------------- */

/*
 * The wrapper's frame, from the holder's frozen stack. False where the stack
 * does not have the call any more: it was left without a return.
 */
static bool region_entries_read_frame(const struct region_slot *slot, struct snapshot *frame)
{
	uintptr_t end = (uintptr_t)slot->sp, start = slot->registers.sp;

	if (start >= end || end - start < sizeof(slot->site) || end - start > sizeof(frame->bytes))
		return false;
	frame->site = slot->site;
	frame->sp = slot->sp;
	frame->registers = slot->registers;
	frame->address = start;
	frame->length = (uint32_t)(end - start);
	if (memory_read(frame->bytes, (const void *)start, frame->length) != frame->length)
		return false;
	return arch_frame_returns_to(frame->bytes, frame->length, slot->site);
}

static session_reference record_inside(struct thread *holder, enum region region,
				       session_reference fork, const struct snapshot *frame)
{
	const struct region_slot *slot = &holder->regions[region];
	uint64_t hash = hash_mix(HASH_SEED, RECORD_HELD);
	struct record_held *record;
	struct intern_place place;
	session_reference reference;

	hash = hash_mix(hash, (uint64_t)fork << 32 | region);
	hash = hash_mix(hash, (uint64_t)holder->born_in << 32 | holder->serial);
	hash = hash_mix(hash, (uintptr_t)slot->site);
	reference = log_find(hash, &place);
	if (reference)
		return reference;

	session_reference thread = thread_record(holder);
	session_reference acquired = capture_record_snapshot(frame);
	session_reference frozen = capture_record_frozen(holder, (uintptr_t)slot->sp);

	record = log_claim(sizeof(*record), &reference);
	if (!record)
		return 0;
	record->fork = fork;
	record->thread = thread;
	record->lock = region;
	record->kind = LOCK_REGION;
	record->site = (uintptr_t)slot->site;
	record->site_sp = (uintptr_t)slot->sp;
	record->since_ns = slot->since;
	record->acquired = acquired;
	record->frozen = frozen;
	log_commit(record, RECORD_HELD);
	log_publish(&place, reference);
	return reference;
}

struct inheritance {
	const struct thread *survivor;
	session_reference fork;
	uint32_t found; /* regions that a thread lost at this fork was inside of */
};

/* Of several threads inside, one has the lock and the others wait for it: most
 * likely the one that came first. */
static void inherit_region(struct thread *holder, enum region region,
			   struct inheritance *inheritance)
{
	const struct region_slot *slot = &holder->regions[region];
	struct orphaned_region *orphan = &orphaned[region];
	struct snapshot frame;
	session_reference held;

	if (!slot->since || !region_entries_read_frame(slot, &frame))
		return;
	held = record_inside(holder, region, inheritance->fork, &frame);
	if (inheritance->found & region_bit(region) && orphan->since <= slot->since)
		return;
	inheritance->found |= region_bit(region);
	*orphan = (struct orphaned_region){held, thread_tid(holder), slot->since};
}

static bool inherit_from(struct thread *thread, void *data)
{
	struct inheritance *inheritance = data;

	if (!thread->regions_used || thread == inheritance->survivor || !thread_lives_here(thread))
		return true;
	for (enum region region = 1; region < REGIONS; region++)
		if (thread->regions_used & region_bit(region))
			inherit_region(thread, region, inheritance);
	return true;
}

void regions_in_child(struct thread *survivor, session_reference fork, bool any_lost)
{
	struct inheritance inheritance = {.survivor = survivor, .fork = fork};

	if (any_lost)
		thread_each(inherit_from, &inheritance);
	process.orphaned_regions |= inheritance.found;
	/* The records of its calls, also of those that it forked inside of, are the parent's. */
	for (enum region region = 1; survivor->regions_used && region < REGIONS; region++)
		survivor->regions[region].wait = 0;
}
