/* FC005 and FC004 may know of the same lock at the same fork: one of them tells. */
#ifndef FORKCHECK_LOCK_HELD_AT_FORK_H
#define FORKCHECK_LOCK_HELD_AT_FORK_H

#include "findings/evidence/cut_sections.h"
#include "rule.h"

/* A thread held the lock at a fork of that line, whose child left it alone: FC005 tells of it,
 * where nothing says more. */
bool lock_held_at_fork_tells(const struct model *model, const struct section_lock *lock);

#endif
