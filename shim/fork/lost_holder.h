/*
 * Which lost thread has a lock that a fork child asks for. Looked for only
 * when the child asks: a fork pays nothing for it.
 */
#ifndef FORKCHECK_FORK_LOST_HOLDER_H
#define FORKCHECK_FORK_LOST_HOLDER_H

#include "shim.h"
#include "state/held_table.h"

struct lock_family;

struct lost_holder {
	pid_t tid; /* 0: there is none */
	/*
	 * Where the clone came while the thread was taking the lock or giving it
	 * back, so that no HELD record was written: its slot. Else NULL.
	 */
	struct thread *thread;
	const struct held_slot *slot;
};

/* `state`: the lock's bytes. `for_reading`: the child asks for a read-lock. */
struct lost_holder lost_holder_find(const struct thread *asker, const void *lock,
				    const struct lock_family *family, const void *state,
				    bool for_reading);

/* A thread that this process does not have: lost at a fork, and not alive here
 * under the same number. */
bool lost_holder_is_lost(pid_t tid);
/* An id of this process' own first thread from before a fork. */
bool lost_holder_is_former(pid_t tid);

#endif
