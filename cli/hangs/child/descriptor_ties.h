/*
 * What ties a wait for descriptors to lost threads: before the fork they alone wrote what is waited
 * for, and it was read in the same process, as an event loop is woken. The parent has nearly always
 * the same descriptor still, so that this is not enough: the child must have given them work, too.
 * Where nobody at all can write any more, that it gave them work is enough, or that it waits by its
 * parent's set in code that they belong to.
 */
#ifndef FORKCHECK_WATCH_DESCRIPTOR_TIES_H
#define FORKCHECK_WATCH_DESCRIPTOR_TIES_H

#include "process/descriptor_wait.h"
#include "ties.h"

/* False where it cannot be told who wrote, or the kernel may. */
bool descriptor_tie_find(const struct tie_search *search, const struct descriptor_wait *wait,
			 struct descriptor_tie *tie);

/* The first that it waits for, where nothing is known of who wrote. */
struct descriptor_tie descriptor_tie_first(const struct descriptor_wait *wait);
/* The same of the eventfds of a set of epoll, in which other things are, too. False also where the
 * child has written to one of these. */
bool descriptor_tie_find_in_set(const struct tie_search *search, int set,
				struct descriptor_tie *tie);

/* What is known of all ends of one. */
struct end_facts {
	uint64_t writers; /* as in struct session_descriptor, of all its ends */
	uint32_t flags;
	uint64_t last, before;
	size_t count;     /* of the ends in the process */
	uint64_t readers; /* of what is waited for */
};
/*
 * Did threads alone write there that are not the one that forked, whose serial this is? That one
 * may have woken itself, as who stops its own loop does: it alone has read there, then.
 */
bool descriptor_tie_is_of_others(const struct end_facts *facts, uint32_t forker);
/* Nobody ever wrote to it, as to the pipe of a loop for the signals that it catches. */
bool descriptor_tie_is_unused(const struct end_facts *facts);

#endif
