/*
 * Waits for a process-shared mutex whose owner does not exist any more: it was
 * killed with the mutex in hand. The mutex itself says who that was.
 */
#ifndef FORKCHECK_ENDED_OWNER_H
#define FORKCHECK_ENDED_OWNER_H

#include "hangs/watched_set.h"
#include "survey.h"

/* Among the processes that a survey found at rest: calls turn->found for each that waits so. */
void ended_owner_judge(const struct turn *turn, struct watched_set *watch,
		       const struct survey *survey);

#endif
