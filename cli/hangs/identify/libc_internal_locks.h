/*
 * Locks of libc's own that fork() takes: the list of streams, and the arenas of malloc(). Known
 * by what stands at and around a futex word; libc's symbols are not needed.
 */
#ifndef FORKCHECK_WATCH_LIBC_LOCKS_H
#define FORKCHECK_WATCH_LIBC_LOCKS_H

#include "shim/common/log_format.h"
#include "unwind/unwind.h"
#include <stdbool.h>
#include <sys/types.h>

struct libc_lock {
	enum lock_kind kind;
	uint64_t owner; /* pthread_self() of who has it; 0: it does not say */
	int descriptor; /* of a stream; -1: none */
};

/*
 * What is waited for by who waits for this word. False where it is none of these. An `owner` may
 * be anything: the caller knows which threads there are.
 */
bool libc_lock_find(struct address_space *space, pid_t pid, uint64_t address,
		    struct libc_lock *lock);

/* Is this a function that takes a lock of a kind that does not say who has it: LOCK_ALLOCATOR,
 * LOCK_STREAMS? */
bool libc_lock_is_held_by(enum lock_kind kind, const char *function);

#endif
