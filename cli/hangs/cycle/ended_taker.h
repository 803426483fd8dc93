/*
 * Waits for a semaphore that processes share and use as a lock, and that one of
 * them took and did not give back before it ended. A semaphore names nobody:
 * each process keeps count in the log (struct record_share).
 */
#ifndef FORKCHECK_DEAD_TAKER_H
#define FORKCHECK_DEAD_TAKER_H

#include "hangs/watched_set.h"
#include "survey.h"

/* Among the processes that a survey found at rest: calls turn->found for each that waits so. */
void ended_taker_judge(const struct turn *turn, struct watched_set *watch, struct survey *survey);

#endif
