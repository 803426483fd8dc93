/* One hang, one finding: is it known of a lock already that a child could not get it? */
#ifndef FORKCHECK_TOLD_LOCKS_H
#define FORKCHECK_TOLD_LOCKS_H

#include "session/model.h"

/*
 * A child of the fork's line, or of one further down, hangs on the lock or failed to get it:
 * FC001, FC002, FC003 or FC016 tells of it.
 */
bool told_locks_have(const struct model *model, uint64_t lock, uint32_t kind,
		     session_reference fork);

#endif
