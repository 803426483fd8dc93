/*
 * Who could still wake a process whose every task waits on private memory:
 * timers and signal handlers. "Nobody" is the last link of a proof.
 */
#ifndef FORKCHECK_CLI_WAKERS_H
#define FORKCHECK_CLI_WAKERS_H

#include "base/arena.h"
#include "process/procfs.h"
#include "session/model.h"

/* What the process keeps in its own memory; `pid` is its number here, which differs from its own
 * in a PID namespace. False when it cannot be had, or is not its own. */
bool wakeup_read_facts(const struct process_facts *process, pid_t pid, struct private_facts *facts);

/*
 * NULL when nothing can wake it; else what could, as a clause ("SIGTERM is
 * caught by on_term in worker"), which belongs to `arena`. What cannot be read
 * counts as a wakeup source. `pid` is the number that the process has here.
 */
const char *wakeup_find(struct model *model, struct arena *arena, const struct process_facts *facts,
			pid_t pid, const struct process_look *look);
/* The same, for who knows that some signals will not come (bit n - 1 is signal n). */
const char *wakeup_find_but(struct model *model, struct arena *arena,
			    const struct process_facts *facts, pid_t pid,
			    const struct process_look *look, uint64_t ignored);
/* Signals that the process catches by handlers of the shim's alone: none of them goes on. */
uint64_t wakeup_shims_own(const struct process_facts *process, pid_t pid);
/* Signals that are caught and that the task would take (bit n - 1 is signal n). */
uint64_t wakeup_open_signals(const struct process_look *look, const struct task_look *task);
/* Of these, who could post to a wait that no signal handler ends. */
const char *wakeup_find_posters(const struct process_facts *process, pid_t pid);

/* Whether the notes of a process are those of the one that has this number here. */
bool wakeup_are_of(const struct process_facts *process, pid_t pid);
/* Whether they say that it is another one, which got the same number later. */
bool wakeup_are_of_another(const struct process_facts *process, pid_t pid);

#endif
