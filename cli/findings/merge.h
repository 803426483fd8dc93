/*
 * Several reports as one: for sessions that were kept by many jobs.
 */
#ifndef FORKCHECK_MERGE_H
#define FORKCHECK_MERGE_H

#include "base/arena.h"
#include "finding.h"

/*
 * Findings with the same fingerprint become one, numbers are added up, and
 * libraries are one by path. The command and its status are the first's. The
 * parts go on belonging to the arenas that they belong to. `count` is not 0.
 */
void merge_reports(const struct report *reports, size_t count, struct arena *arena,
		   struct report *merged);

#endif
