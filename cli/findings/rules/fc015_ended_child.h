/*
 * Fork children without their parent's threads that a fault has ended, as their parents saw it.
 */
#ifndef FORKCHECK_ENDED_CHILD_H
#define FORKCHECK_ENDED_CHILD_H

#include "rule.h"

/* One finding for each of which the child itself could tell nothing. */
void ended_child_judge(struct judgement *judgement, const struct rule *rule);

#endif
