/*
 * What a fork child waits on, in the memory of the parent that still runs: nobody has seen who used
 * it, but where the fork found it in use, the parent's copy shows that.
 */
#ifndef FORKCHECK_PARENT_COPY_H
#define FORKCHECK_PARENT_COPY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Did the child find it in use, which waits on this futex word in a function of libc (NULL: not
 * known)? True where the copies do not tell, and where there is no parent any more (0).
 */
bool parent_copy_is_in_use(pid_t parent, pid_t child, const char *function, uint64_t word);

/*
 * What became of a lock object of Python's at this address, whose semaphore is there: made since
 * the fork; held in the parent, too; or free there.
 */
enum parent_lock { PARENT_LOCK_UNKNOWN, PARENT_LOCK_NONE, PARENT_LOCK_HELD, PARENT_LOCK_FREE };
enum parent_lock parent_copy_of_lock(pid_t parent, pid_t child, uint64_t object,
				     uint64_t semaphore);

#endif
