/*
 * Processes of a survey that all wait, and wait for each other alone: have they
 * moved, and could anything wake one of them that no edge of the graph shows?
 */
#ifndef FORKCHECK_CLOSED_SET_H
#define FORKCHECK_CLOSED_SET_H

#include "base/arena.h"
#include "survey.h"

/* As in the survey before? */
bool closed_set_is_same(const struct survey *survey, const struct wait_set *set);

/*
 * Sets *reason, where it is NULL, to what could wake one of them (the arena's).
 * False when one has moved.
 */
bool closed_set_ask_wakers(const struct turn *turn, struct arena *arena, struct survey *survey,
			   const struct wait_set *set, const char **reason);

#endif
