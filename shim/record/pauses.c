/*
 * Pauses are counted here, before a thread sleeps or yields: which came again from the same line
 * with the same locks taken in between. They stand in the thread's block, for who judges its
 * forks (cuts.c) and its sections (sections.c).
 */
#include "record/pauses.h"
#include "log/log.h"
#include "record/loaded_interpreter.h"
#include "record/python_frames.h"
#include "state/held_table.h"
#include "state/thread.h"

/* A sum of the locks that it has given back since its last pause, when a moment began. */
static uint64_t locks_since(struct thread *thread, uint64_t moment)
{
	const struct held_slot *slot;
	uint64_t sum = 0;

	for (uint32_t cursor = 0; (slot = held_next(thread, &cursor));)
		if (slot->lock && !since_is_open(slot->since) &&
		    closing_moment(slot->since) >= moment)
			sum += hash_mix(HASH_SEED, (uintptr_t)held_lock(slot));
	return sum;
}

/* All sleeps of an interpreter are one call. */
static uint64_t line_of_pause(struct thread *thread, struct call_site site)
{
	uint64_t hash = hash_mix(HASH_SEED, (uintptr_t)site.address);
	uint64_t python;

	if (!interpreter_loaded())
		return hash;
	python = python_line(thread);
	/* Not to be read just now: a line of its own. */
	return hash_mix(hash, python ? python : moment_next());
}

/* Who comes again from the same line, and has taken the same locks in between, or none, looks
 * for something. */
void pause_note(struct thread *thread, struct call_site site)
{
	struct section_notes *notes = &thread->sections;
	uint64_t line = line_of_pause(thread, site), locks = locks_since(thread, notes->pause);
	bool is_again = notes->pause_line == line && notes->pause_locks == locks;

	handover_settle(thread);
	notes->pauses = is_again ? notes->pauses + 1 : 1;
	notes->pauses_in_all++;
	notes->pause_line = line;
	notes->pause_locks = locks;
	notes->pause_before = notes->pause;
	notes->pause = moment_begin(thread);
	notes->waited = notes->pause;
}
