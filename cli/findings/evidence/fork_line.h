/*
 * The line of forks that a process came by, from its own up to the last exec: an exec
 * leaves no thread and no memory that a fork before it could have to do with.
 */
#ifndef FORKCHECK_FORK_LINE_H
#define FORKCHECK_FORK_LINE_H

#include "findings/rules/rule.h"

struct fork_link {
	session_reference fork;            /* a FORK record */
	uint32_t parent;                   /* serial of the process that forked */
	const struct process_facts *child; /* that it made, on this line; NULL: unknown */
	const struct record_lost *lost;    /* threads that it left behind; NULL: none */
	int steps;                         /* forks of the line that came after it */
};

/*
 * The fork that a process came by itself: `fork`, for nothing may be known of the process
 * (`child` NULL). False: nothing is known of the fork, and nothing of `link` holds.
 */
bool fork_line_begin(const struct model *model, struct fork_link *link, session_reference fork,
		     const struct process_facts *child);
/* The fork before it. False: there is none. */
bool fork_line_next(const struct model *model, struct fork_link *link);

/* The nearest fork of the line that left threads behind. False: none did. */
bool fork_line_lost(const struct model *model, struct fork_link *link, session_reference fork,
		    const struct process_facts *child);

/*
 * What all forks from one line of a program have in common: where they were called, and of Python
 * by which lines. What else lies on the stack may be left over from other calls. 0: there is no
 * such fork.
 */
uint64_t fork_line_site(const struct model *model, session_reference fork);

/* Is `fork` from the same line as `origin`, or by a process that such a fork led to? */
bool fork_line_comes_from(const struct model *model, session_reference fork,
			  session_reference origin);

/* Did `process` come, by forks alone, from `ancestor`, or is it the same? */
bool fork_line_leads_from(const struct model *model, uint32_t ancestor, uint32_t process);

#endif
