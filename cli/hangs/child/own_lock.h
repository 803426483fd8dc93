/*
 * Threads of a fork child that wait for locks of each other, or of themselves: a chain that closes.
 */
#ifndef FORKCHECK_WATCH_OWN_LOCK_H
#define FORKCHECK_WATCH_OWN_LOCK_H

#include "hangs/record/blocked_chain.h"
#include "proof.h"

struct own_lock_question {
	const struct turn *turn;
	struct watched *watched;
	const bool *is_stuck; /* of the tasks of its look: at rest, and on memory of its own */
	bool is_all;          /* nobody of the process has anything left to do */
};

/*
 * Fills `chain` from a thread on that is in it itself. The process is held for a moment, where the
 * bytes of a lock, or the shim's tables, name one that is stuck. False where there is no such
 * chain.
 */
bool own_lock_find(const struct own_lock_question *question, struct blocked_chain *chain);

/* Could a signal handler give back what one of the chain waits for? A semaphore any may post. */
bool own_lock_has_semaphore(const struct blocked_chain *chain);

#endif
