/*
 * Where a process comes from, as far as /proc says it: the forks that made it, up to the last exec,
 * and the threads that each of them left behind. Written into the log as the shim would have.
 */
#ifndef FORKCHECK_LINEAGE_H
#define FORKCHECK_LINEAGE_H

#include "session/model.h"
#include "session/writer.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A process that has its records. */
struct ancestor {
	pid_t pid, parent; /* as /proc has them */
	uint32_t serial;
	uint64_t start_ns;    /* CLOCK_BOOTTIME; 0: not known */
	bool is_copy;         /* of its living parent, without an exec since */
	bool has_lost_parent; /* the process that forked has ended, but has left threads' stacks */
};

struct lineage {
	struct model *model;
	struct writer *writer;
	struct ancestor *list;
	size_t count, capacity;
};

/* PROCESS, FORK, LOST and THREAD records of a process and of those that it is a copy of, once for
 * each. NULL: it is gone, or there is no room. Valid until the next call. */
const struct ancestor *lineage_add(struct lineage *lineage, pid_t pid);
/* NULL: it has no records. */
const struct ancestor *lineage_find(const struct lineage *lineage, pid_t pid);
void lineage_release(struct lineage *lineage);

#endif
