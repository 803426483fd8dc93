/*
 * Processes of the session that the log does not know: a static program, what
 * it starts, a child made by a system call of the program's own. Found in /proc,
 * recorded as not observed; where they are fork children that lack threads,
 * their birth is recorded too, so that the watch and the rules take them like
 * any other.
 */
#ifndef FORKCHECK_OUTSIDE_H
#define FORKCHECK_OUTSIDE_H

#include "session/model.h"
#include "session/writer.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct stranger;

struct outside {
	struct stranger *list;
	size_t count;
	uint32_t *by_pid; /* serial of the latest process with that number */
	uint64_t next_walk_ns;
};

void outside_release(struct outside *outside);

/* Walks /proc if it is time to. `now` is CLOCK_MONOTONIC. */
void outside_turn(struct outside *outside, struct model *model, struct writer *writer,
		  uint64_t now);

/* True when a process whose birth was recorded here has not become another program. */
bool outside_is_unchanged(const struct outside *outside, pid_t pid);

#endif
