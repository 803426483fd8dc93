/*
 * SHARED_USE records in pairs: two processes that a fork gave one connection, set or timer have
 * both used it, in the same way, after that fork.
 */
#ifndef FORKCHECK_SHARED_USE_H
#define FORKCHECK_SHARED_USE_H

#include "findings/rules/rule.h"

struct shared_pair {
	/* The descendant, or of two that have one ancestor the later one, and the other. */
	const struct record_shared_use *child, *other;
	/* The process whose birth gave it to both: `child`, or an ancestor of it. */
	const struct process_facts *born;
	bool are_siblings; /* `other` is no ancestor of `child` */
};

/*
 * No more than one pair for a process and a thing that it uses. Who reads and who only writes are
 * no pair, and writers alone are none of a thing that nobody reads: a journal. The list is the
 * judgement's arena's.
 */
size_t shared_pairs(struct judgement *judgement, struct shared_pair **pairs);

#endif
