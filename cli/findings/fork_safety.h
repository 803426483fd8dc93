/*
 * The fork-safety table of --summary=libraries, for who maintains a program: what each package,
 * or each library that is in none, brings to a fork. A row of what was not seen is no promise.
 */
#ifndef FORKCHECK_FORK_SAFETY_H
#define FORKCHECK_FORK_SAFETY_H

#include "finding.h"
#include "session/model.h"

/* Fills the report's table. Its libraries and findings are filled in. */
void fork_safety_fill(struct model *model, struct arena *arena, struct report *report);

/* Takes the rows out of a report that will get copies of others. */
void fork_safety_empty(struct report *report);

/* Adds the rows of another report to those of `merged`; what is new is copied to the arena. */
void fork_safety_add(struct arena *arena, struct report *merged, const struct report *report);

/* Names the findings of the report anew, and sorts: findings first, then threads. */
void fork_safety_blame(struct arena *arena, struct report *report);

#endif
