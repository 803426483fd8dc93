/*
 * Where locks were initialised, for naming those that have no symbol, and whether for one
 * process only: those that their own bytes do not tell from shared ones.
 */
#ifndef FORKCHECK_STATE_INITIALISED_LOCKS_H
#define FORKCHECK_STATE_INITIALISED_LOCKS_H

#include "log/kept_facts.h"
#include "shim.h"

struct thread;

/* So many are remembered; which ones give way to others is chance. */
#define INITIALISED_LOCKS 16384

void lock_initialised(struct thread *thread, const void *lock, bool is_private,
		      struct call_site site);
/* It was destroyed: what comes to lie there is another one. */
void lock_forgotten(const void *lock);
/* A STACK; 0: that is not known. */
session_reference lock_initialised_at(const void *lock);
/* True when the lock is known to have been initialised for one process only. */
bool lock_initialised_private(const void *lock);

#endif
