/*
 * Hangs that are about a thread which the child does not have.
 */
#ifndef FORKCHECK_LOST_THREAD_USED_H
#define FORKCHECK_LOST_THREAD_USED_H

#include "rule.h"

/* Is the task in a call that FC015 is about? */
bool hangs_in_lost_thread(struct judgement *judgement, const struct record_hang *hang);

#endif
