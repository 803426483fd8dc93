/*
 * The threads beside the one that forks, those that the shim never met among them.
 */
#ifndef FORKCHECK_FORK_POPULATION_H
#define FORKCHECK_FORK_POPULATION_H

struct thread;

/* Before handlers run that may not return: writes THREAD records, of those whom they may wait
 * for. A child that lacks them will name the same records. */
void population_record(void);
/* Before the clone: counts them into the fork of `thread`, and notes the unseen ones. */
void population_before_fork(struct thread *thread);

#endif
