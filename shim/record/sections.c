/*
 * SECTION records are written here: by threads of a process that has forked, once after each
 * fork, lock and thread, and by children that take a lock.
 */
#include "record/sections.h"
#include "base/process.h"
#include "common/raw.h"
#include "log/log.h"
#include "record/cuts.h"
#include "record/python_frames.h"
#include "state/capture.h"
#include "state/held.h"
#include "state/lock_families.h"
#include "state/lock_marks.h"
#include "state/watched_locks.h"
#include <sys/resource.h>

/* Records of one process; what is beyond is counted. */
#define SECTIONS_MAX 4096
static _Atomic uint32_t written;

struct section {
	enum section_side side;
	enum section_order order;
	uint32_t flags;
	const struct cut *cut;
	struct thread *thread; /* the lost one */
	const void *lock;
	enum lock_kind kind;
	struct call_site site; /* before: the address alone */
};

static session_reference find_section(const struct section *section, struct intern_place *place)
{
	uint64_t hash = hash_mix(HASH_SEED, RECORD_SECTION);

	hash = hash_mix(hash_mix(hash, process.image), section->cut->line);
	hash = hash_mix(hash, (uint64_t)section->thread->born_in << 32 | section->thread->serial);
	hash = hash_mix(hash_mix(hash, (uintptr_t)section->lock), (uintptr_t)section->site.address);
	hash = hash_mix(hash, (uint64_t)section->kind << 32 | (uint64_t)section->flags << 16 |
				      (uint64_t)section->side << 8 | section->order);
	return log_find(hash, place);
}

/* Of a lost thread the innermost part, as it was seen when it came by first. */
static void capture_section(const struct section *section, session_reference *stack,
			    session_reference *python)
{
	const struct held_slot *slot;
	const struct snapshot *snapshot;

	*python = 0;
	if (section->side == SECTION_AFTER) {
		python_capture_place(section->thread, section->kind, section->site, stack, python);
		return;
	}
	slot = held_last(section->thread, section->lock);
	snapshot = slot ? capture_find(section->thread, slot->site, slot->sp) : NULL;
	*stack = snapshot ? capture_record_snapshot(snapshot) : 0;
}

static session_reference append_section(const struct section *section)
{
	session_reference reference, fork, who, stack, python;
	struct record_section *record;
	struct intern_place place;

	reference = find_section(section, &place);
	if (reference)
		return reference;
	if (atomic_fetch_add_explicit(&written, 1, memory_order_relaxed) >= SECTIONS_MAX) {
		atomic_fetch_add(&log_header()->counters.unjudged, 1);
		return 0;
	}
	fork = kept_reference(section->cut->fork);
	who = thread_record(section->thread);
	capture_section(section, &stack, &python);
	record = log_claim(sizeof(*record), &reference);
	if (!record)
		return 0;
	record->fork = fork;
	record->thread = who;
	record->stack = stack;
	record->python = python;
	record->lock = (uintptr_t)section->lock;
	record->site = (uintptr_t)section->site.address;
	record->kind = section->kind;
	record->side = section->side;
	record->order = section->order;
	record->flags = section->flags;
	log_commit(record, RECORD_SECTION);
	log_publish(&place, reference);
	return reference;
}

static session_reference write_section(const struct section *section)
{
	session_reference reference = append_section(section);
	_Atomic uint64_t *newest;
	uint64_t before;

	if (!reference)
		return 0;
	newest = &((struct record_section *)log_record(reference))->newest_ns;
	before = atomic_load_explicit(newest, memory_order_relaxed);
	while (before < section->cut->ns &&
	       !atomic_compare_exchange_weak(newest, &before, section->cut->ns))
		continue;
	return reference;
}

/* --- after a fork, in the thread that the child lacks ------------------------- */

/* It waited, between this section and the one before, for something that is not seen. */
static bool paused_since(const struct thread *thread, uint64_t closing)
{
	const struct section_notes *notes = &thread->sections;

	return notes->pauses >= 2 && notes->pause_before > closing_moment(closing);
}

/*
 * The interpreter lets its other threads run between any two of its instructions: a section that
 * begins and ends with its lock need not have it all along. Code in C that does not let go of it
 * takes locks of C, or those that the interpreter made for itself.
 */
static bool is_gated(const struct section *section, uint32_t gates)
{
	if (section->kind == LOCK_SEMAPHORE && !semaphore_is_own(section->lock))
		gates &= ~GATE_PYTHON;
	return gates_exclude(section->cut->gates, gates);
}

/* How often the calling thread has gone to sleep. */
static uint64_t count_switches(void)
{
	struct rusage usage = {0};

	if (process.is_filtered)
		return 0;
	raw_syscall(SYS_getrusage, RUSAGE_THREAD, &usage);
	return (uint64_t)usage.ru_nvcsw;
}

static void begin_count(struct thread *thread)
{
	thread->sections.switches = count_switches();
	thread->sections.counted = moment_begin(thread);
}

/*
 * It slept between this section and the one before, and no hook saw what for: OpenMP's threads
 * wait by instructions of their own, goroutines for each other. Who only computes does not sleep.
 */
static bool slept_unseen(const struct thread *thread, uint64_t closing)
{
	const struct section_notes *notes = &thread->sections;

	return notes->counted && notes->waited < notes->counted &&
	       notes->waited <= closing_moment(closing) && count_switches() != notes->switches;
}

static enum section_order order_after(struct thread *thread, const struct section *section,
				      uint64_t closing)
{
	const struct cut *cut = section->cut;

	if (cut_holds(cut, section->lock, section->flags & SECTION_READS) ||
	    is_gated(section, thread->clock.gates))
		return SECTION_GATED;
	if (moments_know(thread, cut->serial, cut->moment))
		return SECTION_ORDERED;
	if (cut->polls || paused_since(thread, closing) || slept_unseen(thread, closing))
		return SECTION_PERHAPS;
	return SECTION_FREE;
}

static uint64_t mark_of(const struct section *section)
{
	return section->kind == LOCK_REGION ? 0 : lock_marked(section->lock, section->kind);
}

/* The lock has its mark from a moment before: it is not one that was made since. */
static bool is_older(const struct section *section)
{
	return mark_of(section) < section->cut->moment;
}

static void measure(struct thread *thread, const struct section *section,
		    session_reference reference)
{
	struct record_section *record = log_record(reference);
	uint64_t now = time_now();

	if (now > section->cut->ns) {
		atomic_fetch_add(&record->delays_ns, now - section->cut->ns);
		atomic_fetch_add(&record->delays, 1);
	}
	thread->sections.measured_ns = now;
	thread->sections.measured_for = reference;
	thread->sections.measured = (uintptr_t)section->lock;
}

/* Of the forking thread, as far as it has to do with this one. */
static void add_flags(struct section *section)
{
	if (section->cut->polls)
		section->flags |= SECTION_POLLS;
	if (moments_has_lane(section->cut->inline_lanes, section->thread->serial))
		section->flags |= SECTION_TELLS_INLINE;
}

static void note_after(struct thread *thread, struct section *section, uint64_t closing)
{
	session_reference reference;

	if (!is_older(section))
		return;
	section->order = order_after(thread, section, closing);
	add_flags(section);
	reference = write_section(section);
	if (reference && section->order != SECTION_GATED)
		measure(thread, section, reference);
}

/* Returns whether there were any. */
static bool note_cuts(struct thread *thread, struct section *section, uint64_t closing)
{
	bool is_cut = false;
	struct cut cut;

	for (uint32_t i = 0; i < CUTS; i++) {
		if (!cut_at(i, &cut) || cut.moment <= closing_moment(closing) ||
		    cut.moment <= thread->clock.born || cut.serial == thread->serial)
			continue;
		section->cut = &cut;
		if (!is_cut)
			held_catch_up(thread);
		is_cut = true;
		note_after(thread, section, closing);
	}
	section->cut = NULL;
	if (is_cut || !thread->sections.counted)
		begin_count(thread);
	return is_cut;
}

/* The uncontended path may have its locks back as they are seen. */
static void note_generation(struct thread *thread)
{
	struct section_notes *notes = &thread->sections;
	uint64_t slow_before = __atomic_load_n(&held_slow_before, __ATOMIC_RELAXED);

	if (notes->slow_before != slow_before) {
		for (size_t i = 0; i < SECTION_BITS / 64; i++)
			notes->seen[i] = 0;
		notes->slow_before = slow_before;
		notes->noted = 0;
	}
	if (held_closing < slow_before)
		moment_begin(thread);
}

static void section_comes(struct thread *thread, const void *lock, enum lock_kind kind,
			  uint32_t flags, struct call_site site, uint64_t closing)
{
	struct section section = {
		.side = SECTION_AFTER,
		.flags = flags,
		.thread = thread,
		.lock = lock,
		.kind = kind,
		.site = site,
	};

	if (closing >= __atomic_load_n(&held_slow_before, __ATOMIC_RELAXED))
		return;
	handover_settle(thread);
	note_generation(thread);
	if (thread->sections.noted < SECTIONS_A_FORK && note_cuts(thread, &section, closing))
		thread->sections.noted++;
	section_note_seen(&thread->sections, lock);
}

void sections_taken(struct thread *thread, const void *lock, enum lock_kind kind, uint32_t how,
		    struct call_site site)
{
	const struct held_slot *slot = held_last(thread, lock);

	if (slot && since_is_open(slot->since))
		return;
	section_comes(thread, lock, kind, how & TAKEN_FOR_READING ? SECTION_READS : 0, site,
		      slot ? slot->since : 0);
}

COLD void sections_released(struct thread *thread, const void *lock)
{
	struct section_notes *notes = &thread->sections;
	struct record_section *record;

	if (likely(notes->measured != (uintptr_t)lock || !lock))
		return;
	notes->measured = 0;
	record = log_record(notes->measured_for);
	atomic_fetch_add(&record->held_ns, time_now() - notes->measured_ns);
	atomic_fetch_add(&record->helds, 1);
}

void sections_wait(struct thread *thread)
{
	thread->sections.waits = held_closing;
}

void sections_waited(struct thread *thread, const void *mutex, enum lock_kind kind,
		     struct call_site site)
{
	section_comes(thread, mutex, kind, 0, site, thread->sections.waits);
}

void sections_region(struct thread *thread, enum region region, uint64_t closing,
		     struct call_site site)
{
	const void *lock = (const void *)(uintptr_t)region;

	section_comes(thread, lock, LOCK_REGION, 0, site, closing);
}

/* --- before a fork, in the child ---------------------------------------------- */

static uint64_t closing_of(struct thread *thread, const struct held_slot *slot)
{
	if (!since_is_open(slot->since))
		return slot->since;
	return *held_flags(thread, slot) & HELD_WHILE_WAITING ? thread->sections.waits : 0;
}

/* The forking thread's clock, as it was at the clone or is now: lost threads hand nothing over
 * any more. */
static enum section_order order_before(const struct section *section, uint64_t closing)
{
	const struct cut *cut = section->cut;
	const struct thread *self = thread_known();

	if (cut_holds(cut, section->lock, section->flags & SECTION_READS))
		return SECTION_GATED;
	if (!closing)
		return cut->polls ? SECTION_PERHAPS : SECTION_FREE;
	if (closing_moment(closing) < cut->gates_known ||
	    is_gated(section, (uint32_t)closing & SLOT_GATES))
		return SECTION_GATED;
	if (self && moments_know_end(self, section->thread, closing))
		return SECTION_ORDERED;
	return cut->polls ? SECTION_PERHAPS : SECTION_FREE;
}

static bool is_of_this_lock(const struct section *section, uint64_t closing)
{
	return !closing || closing_moment(closing) >= mark_of(section);
}

struct loss {
	const void *lock;
	enum lock_kind kind;
};

/* In a thread's regions, or in its table. Returns false where there is no section. */
static bool find_last(struct thread *thread, const struct loss *loss, struct section *section,
		      uint64_t *closing)
{
	const struct region_slot *region = &thread->regions[(uintptr_t)loss->lock % REGIONS];
	const struct held_slot *slot;

	if (loss->kind == LOCK_REGION) {
		section->site.address = region->site;
		*closing = region->since ? 0 : region->closed;
		return region->site != NULL;
	}
	slot = held_last(thread, loss->lock);
	if (!slot || held_kind(thread, slot) != loss->kind)
		return false;
	section->site.address = slot->site;
	if (loss->kind == LOCK_RWLOCK && !(slot->lock & SLOT_NAMED))
		section->flags |= SECTION_READS;
	*closing = closing_of(thread, slot);
	return true;
}

static bool note_before(struct thread *thread, void *data)
{
	const struct loss *loss = data;
	struct section section = {
		.side = SECTION_BEFORE,
		.thread = thread,
		.lock = loss->lock,
		.kind = loss->kind,
	};
	uint64_t closing;

	if (!thread_is_lost(thread) && !thread_ended_before(thread))
		return true;
	if (!find_last(thread, loss, &section, &closing))
		return true;
	section.cut = cut_that_lost(thread);
	if (!closing)
		section.flags |= SECTION_AT_FORK;
	if (!section.cut || !is_of_this_lock(&section, closing))
		return true;
	section.order = order_before(&section, closing);
	if (thread_ended_before(thread)) {
		section.flags |= SECTION_ENDED;
		if (section.order != SECTION_FREE)
			return true;
	}
	add_flags(&section);
	write_section(&section);
	return true;
}

COLD void sections_lost(const void *lock, enum lock_kind kind)
{
	struct loss loss = {lock, kind};

	thread_each(note_before, &loss);
}
