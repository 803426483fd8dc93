/*
 * Fork children without their parent's threads that a signal of their own fault has ended.
 */
#ifndef FORKCHECK_CHILD_CRASH_H
#define FORKCHECK_CHILD_CRASH_H

#include "rule.h"

/* The crash of the task that made this use of a lost thread, inside of that call; NULL: none. */
const struct record_crash *child_crash_inside(struct judgement *judgement,
					      const struct record_lost_use *use);

/* The child's part: where it was, and what ended it. */
void child_crash_fill(struct judgement *judgement, struct finding *finding,
		      const struct record_crash *crash);

/* One finding for each crash that is inside of no such call. */
void child_crash_judge(struct judgement *judgement, const struct rule *rule);

#endif
