/*
 * What pthread_cond_*() and cnd_*() have in common: a thread gives its mutex up to wait, and has
 * it again afterwards; what another one told it by the condition comes before what it does next.
 */
#ifndef FORKCHECK_HOOKS_CONDITION_H
#define FORKCHECK_HOOKS_CONDITION_H

#include "common/log_format.h"
#include "shim.h"

struct thread;

/* Before a wait, and after it. `thread` may be NULL. */
void condition_wait_begins(struct thread *thread, const void *condition, const void *mutex);
void condition_wait_ends(struct thread *thread, const void *condition, const void *mutex,
			 enum lock_kind kind, struct call_site site);
/* Before a signal. */
void condition_signals(const void *condition);

#endif
