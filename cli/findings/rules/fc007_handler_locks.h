/*
 * FC007: what atfork handlers do to locks.
 */
#ifndef FORKCHECK_HANDLER_LOCKS_H
#define FORKCHECK_HANDLER_LOCKS_H

#include "rule.h"

void judge_handler_locks(struct judgement *judgement, const struct rule *rule);

#endif
