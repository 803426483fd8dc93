/*
 * FC001 for the locks of CPython that name their owner (threading.RLock, since 3.14): a part
 * of the rule in fc001_orphaned_lock.c.
 */
#ifndef FORKCHECK_ORPHANED_PYTHON_LOCK_H
#define FORKCHECK_ORPHANED_PYTHON_LOCK_H

#include "findings/evidence/fork_line.h"

/* The lost thread that has the lock which a proven hang waits for. NULL: none is
 * known. `link` gets the fork that left it behind. */
const struct record_thread *python_lock_owner(const struct model *model,
					      const struct record_hang *hang,
					      struct fork_link *link);

void judge_orphaned_python_locks(struct judgement *judgement, const struct rule *rule);

#endif
