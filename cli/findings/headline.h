/* The few lines of a finding that say what to change, and where. */
#ifndef FORKCHECK_HEADLINE_H
#define FORKCHECK_HEADLINE_H

#include "base/arena.h"
#include "finding.h"

/* At most so many lines say who had a part in it. */
#define HEADLINE_WHO_MAX 3

/* Fills finding->headline, and the places of missing groups, from all other parts, which are
 * complete by then. */
void headline_fill(struct arena *arena, struct finding *finding);

#endif
