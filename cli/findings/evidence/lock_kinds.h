/*
 * What the CLI knows of each family of locks: its name and what its bytes say.
 * A new family is one line in the table of lock_kinds.c.
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
	/* Can the thread that forked give it back in the child, under its new id? NULL: no. */
	bool (*crosses_fork)(const uint8_t *state, size_t length);
	/* The libc function behind each operation; NULL: there is none. */
	const char *const *functions;
	/* What was done to it last, where it has no owner: "posted", "taken". */
	const char *gave, *took;
	/* How it is kept from being orphaned, where no handler of a fork can take it: an
	 * imperative. NULL: one can. */
	const char *protection;
};

/* "asks for it", or "wants to write under it" where the bytes say that readers may come in. */
const char *lock_who_waits(uint32_t kind, const uint8_t *state, size_t length);

/* Never NULL: an unknown kind is called "lock". */
const struct lock_kind_facts *lock_kind_facts(uint32_t kind);

bool lock_crosses_fork(uint32_t kind, const uint8_t *state, size_t length);

/* The libc function behind an operation on a kind: "pthread_mutex_lock". */
const char *lock_function(uint32_t kind, uint32_t operation);

#endif
