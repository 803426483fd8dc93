/*
 * Processes of the session that wait for each other: a parent for the end of
 * its child, the child for room in a pipe that only the parent reads.
 *
 * A closed set of processes at rest, seen twice with nothing changed, that no
 * other process, timer or signal handler can let go on: proven. What cannot be
 * asked makes it suspected, which is never acted upon.
 */
#ifndef FORKCHECK_RING_H
#define FORKCHECK_RING_H

#include "process/procfs.h"
#include <stdbool.h>
#include <stdint.h>

struct turn;
struct watched_set;

/* What is remembered of one process. */
struct ring_candidate {
	struct task_look first; /* as of the last quick check */
	uint64_t since;         /* the first of a row of equal quick checks; 0: in no such wait */
	uint64_t next_ns;       /* of the next quick check */
	uint64_t pause_ns;
	uint64_t fingerprint; /* sums up the last look at all of its tasks */
	uint64_t reported;    /* the fingerprint with which its ring was reported */
	bool was_surveyed;
};

/* And of all of them. */
struct ring_rounds {
	uint64_t next_ns; /* earliest time of the next survey */
	uint64_t idle_ns; /* when to survey although no process has come to rest */
	uint64_t idle_pause_ns;
	uint64_t eager_until_ns; /* surveys may follow each other sooner */
	bool is_pending;         /* a ring was seen once: look again at once */
	uint32_t last;           /* number of the last ring that was recorded */
};

/* Once a round: quick checks of whom it is time for, and calls turn->found for the
 * youngest process of a ring. */
void ring_turn(const struct turn *turn, struct watched_set *watch);

#endif
