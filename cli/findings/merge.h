/*
 * Several reports as one: for sessions that were kept by many jobs. One after the other is taken
 * in, and what of it is needed no more may go before the next one comes.
 */
#ifndef FORKCHECK_MERGE_H
#define FORKCHECK_MERGE_H

#include "base/arena.h"
#include "finding.h"

struct merge {
	struct arena *arena; /* of what is merged */
	struct report report;
	size_t count;              /* reports */
	const struct arena *first; /* of the first report, where its processes were attached to */
	struct finding *findings;
	size_t finding_count, finding_capacity;
	struct library *libraries; /* sorted by path */
	size_t library_count, library_capacity;
	struct fork_site *sites; /* sorted */
	size_t site_count, site_capacity;
	struct unobserved *unobserved;
	size_t unobserved_count, unobserved_capacity;
	struct left_running *left;
	size_t left_count, left_capacity;
};

void merge_init(struct merge *merge, struct arena *arena);
void merge_release(struct merge *merge);

/*
 * Takes a report in: findings with the same fingerprint become one, numbers are added up, and
 * libraries are one by path. The command and its status are the first's. `own`: the arena that
 * the report's parts belong to; `session`: the file that it is of, for the sightings of its
 * findings. NULL: they get none.
 */
void merge_take(struct merge *merge, const struct report *report, const struct arena *own,
		const char *session);

/* Does what was taken in still refer to that arena? */
bool merge_needs(const struct merge *merge, const struct arena *own);

/* The merged report, of at least one. It belongs to the merge and the arenas that this needs. */
void merge_result(struct merge *merge, struct report *merged);

#endif
