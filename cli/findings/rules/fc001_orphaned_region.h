/*
 * FC001 for the locks inside of libc: a part of the rule in fc001_orphaned_lock.c.
 */
#ifndef FORKCHECK_ORPHANED_REGION_H
#define FORKCHECK_ORPHANED_REGION_H

#include "rule.h"

/* The wait for such a lock that explains a proven hang, and who was inside at
 * the fork; NULL: another thing explains it. */
const struct record_wait *region_wait_of(const struct model *model, const struct record_hang *hang,
					 const struct record_held **held);

void judge_orphaned_regions(struct judgement *judgement, const struct rule *rule);

#endif
