/*
 * Where lost threads take the locks that a prediction is about, in numbers that are the same in
 * the next run: what a schedule is made of.
 */
#ifndef FORKCHECK_PREDICTED_SECTIONS_H
#define FORKCHECK_PREDICTED_SECTIONS_H

#include "finding.h"
#include "session/model.h"

struct predicted_sections {
	struct session_section list[SCHEDULE_SECTIONS];
	/* Of the prediction that each belongs to, the arena's; NULL: it is not known which. */
	const char *fingerprints[SCHEDULE_SECTIONS];
	size_t count;
};

/* Those of the findings of `report` that are predicted; none where there is none. */
void predicted_sections_find(struct model *model, struct arena *arena, const struct report *report,
			     struct predicted_sections *sections);

/*
 * Sections that no prediction is about, for a child may take their locks on a path that was not
 * seen: those of locks that a child tries to take, or waits for with a time limit (what it does
 * when it gets none was not seen). Where nothing is predicted, those of other locks, too.
 */
void predicted_sections_candidates(struct model *model, const struct report *report,
				   struct predicted_sections *candidates);

/* Adds those of another report. */
void predicted_sections_add(struct predicted_sections *to, const struct predicted_sections *from);

/* The same, known by another run's table: how often each of its sections was reached. 0 where
 * that run did not ask for it. */
uint64_t predicted_sections_reached(const struct predicted_sections *sections,
				    const struct session_schedule *schedule,
				    const char *fingerprint);

#endif
