/*
 * What the bytes of a lock say, for the families whose locks somebody can have. The headers
 * beside this one answer, one for each family; the rows of ../lock_list.h name the answers. The
 * shim asks of copies of its own locks, the CLI of copies in records.
 */
#ifndef FORKCHECK_COMMON_GLIBC_LOCK_BYTES_H
#define FORKCHECK_COMMON_GLIBC_LOCK_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum lock_sharing {
	LOCK_PRIVATE, /* to one process */
	LOCK_SHARED,  /* by several */
	/* The bytes do not say: shared, unless it was seen to be made for one process. */
	LOCK_SHARED_UNLESS_MADE_PRIVATE,
};

/* A copy of the lock's bytes is handed in, never the lock. */
struct lock_family {
	uint32_t kind; /* enum lock_kind */
	size_t size;   /* bytes of the lock that say who holds it; at most SESSION_LOCK_STATE_MAX */
	/* The thread that these bytes name as owner; 0: nobody. */
	pid_t (*owner)(const void *state);
	/* How many have taken it without being named; NULL: an owner is always named. For
	 * those a slot is opened once the lock is had, so that an open slot is true as long as
	 * somebody has it. */
	uint32_t (*takers)(const void *state);
	/* Has somebody taken it who is not named and not counted: the name comes later, and goes
	 * earlier. NULL: there is no such moment. */
	bool (*is_taken)(const void *state);
	/* Of a lock that names nobody: must readers wait? NULL: they need not. */
	bool (*keeps_readers_out)(const void *state);
	/* Has takers, but names who has it for writing: HELD_NAMED. */
	bool names_writers;
	/* Whose it is: of what several processes share a fork orphans nothing. */
	enum lock_sharing (*sharing)(const void *state);
	/* Who waits for it is woken by its own process only: in shared memory, too, another
	 * process that gives it back wakes nobody here. NULL: never. */
	bool (*wakes_own_only)(const void *state);
	/* The forking thread can give it back in the child, under its new id. */
	bool (*crosses_fork)(const void *state);
};

/*
 * For people, and so not of the struct, which the shim has, too: up to LOCK_WORDS words like
 * "recursive" or "private" of a lock. The result is their number.
 */
#define LOCK_WORDS 8
typedef size_t lock_attributes(const void *state, const char **words);

/* For words that do not say who took them. */
static inline pid_t lock_names_nobody(const void *state)
{
	(void)state;
	return 0;
}

/* Whoever has it may give it back. */
static inline bool lock_crosses_any_fork(const void *state)
{
	(void)state;
	return true;
}

/* The bytes do not say whether processes share it. */
static inline enum lock_sharing lock_does_not_say_whose(const void *state)
{
	(void)state;
	return LOCK_SHARED_UNLESS_MADE_PRIVATE;
}

#endif
