/*
 * The parent's and the child's copy of an object are compared. A semaphore that the child itself
 * has taken since has more in the parent; a condition variable that only the child uses has all
 * zeros there.
 */
#include "parent_copy.h"
#include "process/stop.h"
#include "shim/common/glibc/semaphore.h"
#include <pthread.h>
#include <string.h>

static bool is_as_found(pid_t parent, pid_t child, uint64_t semaphore)
{
	struct glibc_semaphore theirs, own;

	if (stop_read(parent, semaphore, &theirs, sizeof(theirs)) != sizeof(theirs) ||
	    stop_read(child, semaphore, &own, sizeof(own)) != sizeof(own))
		return true;
	return theirs.value == own.value;
}

/* Its words of sequence come first; those that are waited on, 32 to 44 bytes later. */
static bool has_been_waited_on(pid_t parent, uint64_t word)
{
	uint8_t bytes[sizeof(pthread_cond_t)], zeros[sizeof(bytes)] = {0};
	size_t length = stop_read(parent, (word & ~UINT64_C(7)) - 40, bytes, sizeof(bytes));

	return length != sizeof(bytes) || memcmp(bytes, zeros, sizeof(bytes)) != 0;
}

bool parent_copy_is_in_use(pid_t parent, pid_t child, const char *function, uint64_t word)
{
	if (parent <= 0 || !function)
		return true;
	if (strncmp(function, "sem_", 4) == 0)
		return is_as_found(parent, child, word);
	if (strncmp(function, "pthread_cond_", 13) == 0 || strncmp(function, "cnd_", 4) == 0)
		return has_been_waited_on(parent, word);
	return true;
}
