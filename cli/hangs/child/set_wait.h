/*
 * Waits by a set of epoll that a child has from its parent, and that nobody new can come to.
 */
#ifndef FORKCHECK_SET_WAIT_H
#define FORKCHECK_SET_WAIT_H

#include "proof.h"

/*
 * The set was there before the fork, and has eventfds and connections only. Of what the child has
 * opened itself, others may answer; of what it polls without a set, its parent may. `parent` may
 * be NULL: not known.
 */
bool set_wait_is_closed(const struct process_facts *parent, const struct watched *watched,
			const struct task_look *task);
/* The same of what the child has open itself: its parent may have more in the set. */
bool set_wait_accepts_nobody(const struct process_facts *parent, const struct watched *watched,
			     const struct task_look *task);

/* The parent waits by the same set: what comes is told to one of the two. */
bool set_wait_has_parent(const struct process_facts *parent, const struct task_look *task);

#endif
