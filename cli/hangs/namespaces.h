/*
 * Processes of the session that live in a PID namespace of their own: the log
 * has the numbers that they have there, /proc those that they have here.
 */
#ifndef FORKCHECK_NAMESPACES_H
#define FORKCHECK_NAMESPACES_H

#include "session/model.h"
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct namespaces {
	struct inner_process {
		pid_t pid;   /* here */
		pid_t inner; /* in its own namespace */
	} * list;
	size_t count;
};

/* Looks at all descendants. Those of our own namespace are left out. */
void namespaces_refresh(struct namespaces *namespaces);
void namespaces_release(struct namespaces *namespaces);

/*
 * The number here of a process that was born under `facts->pid` in another
 * namespace. 0: there is none, or more than one it could be.
 */
pid_t namespaces_find(const struct namespaces *namespaces, const struct process_facts *facts);

#endif
