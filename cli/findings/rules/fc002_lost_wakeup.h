/*
 * FC002 for the rules that have less to say of the same child.
 */
#ifndef FORKCHECK_LOST_WAKEUP_H
#define FORKCHECK_LOST_WAKEUP_H

#include "findings/evidence/evidence.h"

/* Does this process hang, and FC002 tells of it? */
bool lost_wakeup_of(struct judgement *judgement, uint32_t process);

#endif
