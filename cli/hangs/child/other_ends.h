/*
 * Who else could write what a child waits for by a descriptor: another process that has the other
 * end. One that waits for this child itself, with all that it has, cannot.
 */
#ifndef FORKCHECK_WATCH_OTHER_ENDS_H
#define FORKCHECK_WATCH_OTHER_ENDS_H

#include "base/arena.h"
#include "process/descriptor_wait.h"
#include "session/model.h"

/* NULL: nobody. Else who could, as a clause that belongs to `arena`. */
const char *other_ends_find(struct model *model, struct arena *arena,
			    const struct process_facts *process, pid_t pid,
			    const struct descriptor_wait *wait);

#endif
