/*
 * Who could still wake a process whose every task waits on private memory:
 * timers and signal handlers. "Nobody" is the last link of a proof.
 */
#ifndef FORKCHECK_CLI_WAKERS_H
#define FORKCHECK_CLI_WAKERS_H

#include "../arena.h"
#include "../session/model.h"
#include "procfs.h"

/* What the process keeps in its own memory. False when it cannot be had, or is not its own. */
bool wakers_read_facts(const struct process_facts *process, struct private_facts *facts);

/*
 * NULL when nothing can wake it; else what could, as a clause ("SIGTERM is
 * caught by on_term in worker"), which belongs to `arena`. What cannot be read
 * counts as a waker.
 */
const char *wakers_find(struct model *model, struct arena *arena, const struct process_facts *facts,
			const struct process_look *look);

#endif
