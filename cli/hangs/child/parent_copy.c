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

static bool has_type_of(pid_t parent, pid_t child, uint64_t address)
{
	uint64_t own, theirs;

	return stop_read(child, address, &own, sizeof(own)) == sizeof(own) &&
	       stop_read(parent, address, &theirs, sizeof(theirs)) == sizeof(theirs) &&
	       own == theirs;
}

enum parent_lock parent_copy_of_mutex(pid_t parent, pid_t child, const struct parked *mutex)
{
	uint8_t byte;

	if (parent <= 0)
		return PARENT_LOCK_UNKNOWN;
	/* An object has its type before it; a mutex by itself has nothing that tells. */
	if (stop_read(parent, mutex->lock, &byte, sizeof(byte)) != sizeof(byte) ||
	    (mutex->kind != LOCK_PYTHON_MUTEX &&
	     !has_type_of(parent, child, mutex->lock - OBJECT_TYPE)))
		return PARENT_LOCK_NONE;
	return byte & PYTHON_MUTEX_LOCKED ? PARENT_LOCK_HELD : PARENT_LOCK_FREE;
}
