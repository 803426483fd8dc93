/*
 * Does a process come any further? What it has done so far, as the kernel and its shim count it, so
 * that a wait in slices which is only begun again is told from work in between.
 */
#ifndef FORKCHECK_PROGRESS_H
#define FORKCHECK_PROGRESS_H

#include "process/procfs.h"

/* All counts only grow. */
struct progress {
	uint64_t transfers;    /* bytes and calls of reads, writes and sends */
	uint64_t processor_ns; /* good to a clock tick for each of user and system time */
	uint64_t faults;       /* pages that it touched for the first time */
	uint64_t switches;     /* of all tasks: how often they have waited */
};

/* `sent` is what its shim counts (struct private_facts). False where the kernel does not tell. */
bool progress_read(pid_t pid, uint32_t sent, const struct process_look *look,
		   struct progress *progress);

/*
 * Has it done more in between than to wake up and to wait again? Next to no processor time for each
 * wait, no byte, and no memory is what a hang looks like.
 */
bool progress_is_made(const struct progress *before, const struct progress *now,
		      uint64_t elapsed_ns);

#endif
