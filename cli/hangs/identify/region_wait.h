/*
 * A process at rest inside a part of libc whose lock a thread that it does not
 * have may hold.
 */
#ifndef FORKCHECK_REGION_H
#define FORKCHECK_REGION_H

#include "process/procfs.h"
#include "session/model.h"

/*
 * The WAIT record that explains the rest of the look, 0 where there is none: a
 * task that has entered such a region, has not left it, and waits for a word of
 * libc's own. `tid` gets the task.
 */
session_reference region_wait(struct model *model, uint32_t process,
			      const struct process_look *look, pid_t *tid);

#endif
