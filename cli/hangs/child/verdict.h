/*
 * What follows from the tasks of a process that stand still: evidence that ties one of them
 * to lost threads, who else could end its wait, and whether the process has anything left
 * to do.
 */
#ifndef FORKCHECK_WATCH_VERDICT_H
#define FORKCHECK_WATCH_VERDICT_H

#include "proof.h"

/*
 * Fills watched->verdict but for its signature; `at_rest` tells which tasks of the look stand
 * still. False when one has moved.
 */
bool verdict_find(const struct turn *turn, struct watched *watched, const bool *at_rest);

/* Has nobody of the process anything left to do, but who is marked as standing still? */
bool verdict_all_stand_still(const struct turn *turn, struct watched *watched, const bool *at_rest);

/* Gives back what is known of the stacks of its tasks. */
void verdict_forget(struct watched *watched);

#endif
