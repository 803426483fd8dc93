/*
 * Hooks of os.register_at_fork(): an interpreter runs them before it calls fork(), so that the
 * shim does not know of the fork yet.
 */
#ifndef FORKCHECK_WATCH_FORK_HOOK_H
#define FORKCHECK_WATCH_FORK_HOOK_H

#include "proof.h"

/*
 * The first task of the process, where it rests in such a hook; 0: it does not. To be asked once
 * a round: who has been in the same place for two is looked at, and once only.
 */
pid_t fork_hook_find(const struct turn *turn, struct watched *watched);

#endif
