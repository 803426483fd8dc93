/*
 * The parent's and the child's copy of an object are compared: a semaphore that the child itself
 * has taken since has more in the parent.
 */
#include "parent_copy.h"
#include "process/stop.h"
#include "shim/common/glibc/semaphore.h"
#include <string.h>

static bool is_as_found(pid_t parent, pid_t child, uint64_t semaphore)
{
	struct glibc_semaphore theirs, own;

	if (stop_read(parent, semaphore, &theirs, sizeof(theirs)) != sizeof(theirs) ||
	    stop_read(child, semaphore, &own, sizeof(own)) != sizeof(own))
		return true;
	return theirs.value == own.value;
}

bool parent_copy_is_in_use(pid_t parent, pid_t child, const char *function, uint64_t word)
{
	if (parent <= 0 || !function)
		return true;
	if (strncmp(function, "sem_", 4) == 0)
		return is_as_found(parent, child, word);
	return true;
}

/* Of the object: its type and its semaphore. */
#define OBJECT_WORDS 2
#define OBJECT_TYPE  8

enum parent_lock parent_copy_of_lock(pid_t parent, pid_t child, uint64_t object, uint64_t semaphore)
{
	uint64_t own[OBJECT_WORDS], theirs[OBJECT_WORDS];
	struct glibc_semaphore state;

	if (parent <= 0 || stop_read(child, object + OBJECT_TYPE, own, sizeof(own)) != sizeof(own))
		return PARENT_LOCK_UNKNOWN;
	if (stop_read(parent, object + OBJECT_TYPE, theirs, sizeof(theirs)) != sizeof(theirs) ||
	    memcmp(own, theirs, sizeof(own)) != 0 ||
	    stop_read(parent, semaphore, &state, sizeof(state)) != sizeof(state))
		return PARENT_LOCK_NONE;
	return state.value ? PARENT_LOCK_FREE : PARENT_LOCK_HELD;
}
