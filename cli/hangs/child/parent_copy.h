/*
 * What a fork child waits on, in the memory of the parent that still runs: nobody has seen who used
 * it, but where the fork found it in use, the parent's copy shows that.
 */
#ifndef FORKCHECK_PARENT_COPY_H
#define FORKCHECK_PARENT_COPY_H

#include "hangs/identify/parked_threads.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Did the child find it in use, which waits on this futex word in a function of libc (NULL: not
 * known)? True where the copies do not tell, and where there is no parent any more (0).
 */
bool parent_copy_is_in_use(pid_t parent, pid_t child, const char *function, uint64_t word);

/* What became in the parent of a lock that the child waits for. */
enum parent_lock {
	PARENT_LOCK_UNKNOWN,
	PARENT_LOCK_NONE, /* made since the fork */
	PARENT_LOCK_HELD, /* there, too */
	PARENT_LOCK_FREE,
};
/* A lock of Python's up to 3.13: an object at this address, whose semaphore is there. */
enum parent_lock parent_copy_of_lock(pid_t parent, pid_t child, uint64_t object,
				     uint64_t semaphore);
/* One of later versions: a byte, the first of an object that is one. */
enum parent_lock parent_copy_of_mutex(pid_t parent, pid_t child, const struct parked *mutex);

#endif
