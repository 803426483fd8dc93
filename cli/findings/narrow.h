/*
 * Lines for a suppressions file that hide one finding of a report each, and no other.
 */
#ifndef FORKCHECK_NARROW_H
#define FORKCHECK_NARROW_H

#include "base/arena.h"
#include "finding.h"

/*
 * Gives each finding the widest of its lines that matches it and no other of the list. `arena`
 * has the lines. Findings with the same fingerprint count as one.
 */
void suppressions_narrow(struct arena *arena, struct finding *findings, size_t count);

#endif
