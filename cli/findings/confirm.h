/*
 * What further runs of a program show of what its first run predicted.
 */
#ifndef FORKCHECK_CONFIRM_H
#define FORKCHECK_CONFIRM_H

#include "base/arena.h"
#include "predicted_sections.h"

/* A further run. Its parts go on belonging to the arenas that they belong to. */
struct further_run {
	struct report report;
	struct finding *repairs; /* repairs_find() */
	size_t repair_count;
	struct session_schedule schedule; /* with what the program counted */
};

struct confirm {
	struct arena *arena;
	struct report *report; /* of the first run: its predictions become what they turn out */
	struct predicted_sections sections;
	struct finding *added; /* hangs that only a further run had */
	size_t added_count, added_capacity;
	struct confirm_tally {
		unsigned tries;
		uint64_t reached;
		const char *found;     /* how it was confirmed; NULL: it was not */
		uint64_t repaired;     /* bits of its locks: a child made them anew */
		const char *withdrawn; /* how a child came away from it; NULL: none did */
	} * tallies;                   /* one for each finding of the report */
};

void confirm_init(struct confirm *confirm, struct arena *arena, struct report *report,
		  const struct predicted_sections *sections);

/* Takes in the next run. */
void confirm_take(struct confirm *confirm, const struct further_run *run);

/* Predictions that are neither confirmed nor withdrawn. */
size_t confirm_open(const struct confirm *confirm);

/* Nothing is left that another run could decide: each prediction is confirmed or withdrawn; without
 * any, a run has shown a hang that the first one had not. */
bool confirm_is_decided(const struct confirm *confirm);

/* One report of all runs so far. */
void confirm_result(struct confirm *confirm, struct report *merged);

#endif
