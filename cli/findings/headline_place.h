/* The line of a stack that a reader looks at first. */
#ifndef FORKCHECK_HEADLINE_PLACE_H
#define FORKCHECK_HEADLINE_PLACE_H

#include "base/arena.h"
#include "finding.h"

/*
 * The innermost frame of the user's own source, with the package's function that it called, or
 * that of a language's library; without one a package's frame, then a runtime's. A stack
 * without frames has no place.
 */
struct headline_place headline_place(struct arena *arena, const struct frames *stack);

/* The same of a stack of a child: what it only has from before its fork is no place of its own. */
struct headline_place headline_place_since(struct arena *arena, const struct frames *stack,
					   const struct frames *fork);

bool headline_place_is_own(const struct headline_place *place);

#endif
