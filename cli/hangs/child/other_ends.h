/*
 * Who else could write what a child waits for by a descriptor: another process that has the other
 * end. One that waits for this child itself, with all that it has, cannot; nor can a sibling that
 * hangs in the same way.
 */
#ifndef FORKCHECK_WATCH_OTHER_ENDS_H
#define FORKCHECK_WATCH_OTHER_ENDS_H

#include "base/arena.h"
#include "process/descriptor_wait.h"
#include "session/model.h"

/* NULL: nobody. Else who could, as a clause that belongs to `arena`. `look` is that of the child,
 * of which all tasks are known to wait. */
const char *other_ends_find(struct model *model, struct arena *arena,
			    const struct process_facts *process, pid_t pid,
			    const struct process_look *look, const struct descriptor_wait *wait);

/*
 * A task waits without a limit for what only its own process can write, such as the eventfd of an
 * interpreter's own thread: it does nothing that another one does not begin.
 */
bool other_ends_are_own(struct model *model, const struct process_facts *process, pid_t pid,
			const struct process_look *look, const struct task_look *task);

#endif
