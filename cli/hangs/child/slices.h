/*
 * Waits in slices: a task waits with a time limit, comes back to the same place, and waits again.
 * Whether its process comes any further meanwhile is judged by what it does (progress.h), and
 * whether that is a hang by what ties the wait to lost threads.
 */
#ifndef FORKCHECK_SLICES_H
#define FORKCHECK_SLICES_H

#include "process/procfs.h"
#include "progress.h"
#include "session/model.h"

struct turn;
struct watched;

/* What is known of the waits of one process; all 0: nothing. */
struct slices {
	uint64_t *places; /* where its tasks were seen to wait, as hashes; malloc'ed */
	size_t count, capacity;
	uint64_t since_ns; /* in no other place since, and nothing done; 0: not counted yet */
	struct progress before;
	uint64_t next_ns; /* to be judged then */
	unsigned rounds;  /* judged so often in a row without a finding */
	/* Of the one task of a process, by quick checks: the place, and how often it was there. */
	uint64_t quick_place;
	unsigned quick_count;
	unsigned away; /* looks in a row that did not find it where it was told to be */
};

/* What was found of a process that comes no further. */
struct sliced {
	pid_t tid;         /* the task whose stack tells the story */
	bool is_in_slices; /* it waits so itself, or others of its process do */
	enum hang_evidence evidence;
	uint64_t since_ns;
};

/* Notes where the tasks of watched->look wait. After the look was taken. */
void slices_note(const struct turn *turn, struct watched *watched);

/* Does the only task of a process sleep, or wait for descriptors, with a limit? */
bool slices_is_candidate(const struct task_look *first);
/* True where a look has nothing to add to what such a task is known to do. */
bool slices_may_skip(const struct turn *turn, struct watched *watched,
		     const struct task_look *first);

/* True where it waits in slices, comes no further, and nobody is seen who works for it. */
bool slices_judge(const struct turn *turn, struct watched *watched, struct sliced *sliced);

/* Is it still as it was when that was said? */
bool slices_stand_still(const struct turn *turn, struct watched *watched);

/* It is known not to wait in slices any more. */
void slices_forget(struct slices *slices);
void slices_release(struct slices *slices);

#endif
