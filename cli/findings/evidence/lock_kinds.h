/*
 * What the CLI knows of each family of locks: its name and what its bytes say.
 * A new family is a row of shim/common/lock_list.h.
 */
#ifndef FORKCHECK_LOCK_KINDS_H
#define FORKCHECK_LOCK_KINDS_H

#include "base/arena.h"
#include "shim/common/log_format.h"
#include <stdbool.h>

struct lock_kind_facts {
	const char *name; /* "mutex" */
	/* "normal, private" from the lock's own bytes; they are a stranger's. */
	const char *(*attributes)(struct arena *arena, const uint8_t *state, size_t length);
	/* What its bytes say; NULL: nobody can have it. */
	const struct lock_family *family;
	/* The libc function behind each operation; NULL: there is none. */
	const char *functions[OPERATIONS];
	/* Of an object without an owner: its size, and what was done to it last ("posted",
	 * "taken"). */
	size_t size;
	const char *gave, *took;
	/* Who takes it lets others go on later. */
	bool is_taken_to_be_given;
};

/* "asks for it", or "wants to write under it" where the bytes say that readers may come in. */
const char *lock_who_waits(uint32_t kind, const uint8_t *state, size_t length);

/* Never NULL: an unknown kind is called "lock". */
const struct lock_kind_facts *lock_kind_facts(uint32_t kind);

/* A descriptor: its number stands where a lock has its address. */
bool lock_is_descriptor(uint32_t kind);

bool lock_crosses_fork(uint32_t kind, const uint8_t *state, size_t length);

/* The libc function behind an operation on a kind: "pthread_mutex_lock". */
const char *lock_function(uint32_t kind, uint32_t operation);

/* Is this what libc calls to take a lock of some kind, and to wait for it without a limit? */
bool lock_is_taken_in(const char *function);

#endif
