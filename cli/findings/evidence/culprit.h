/*
 * Of all threads that a child lacks, those that it waits for, and whose they are.
 */
#ifndef FORKCHECK_CULPRIT_H
#define FORKCHECK_CULPRIT_H

#include "fork_line.h"
#include "judgement.h"

/*
 * The index in finding->missing of the threads that are most likely waited for: those that the
 * child gave its work to, else those in whose code it is, else the most. finding->child must be
 * there; `link` is the fork that lost them.
 */
size_t culprit_likeliest(struct judgement *judgement, const struct finding *finding,
			 const struct record_hang *hang, const struct fork_link *link);

/* Is code of theirs in the stack of finding->child? */
bool culprit_is_in_stack(const struct finding *finding, const struct missing_group *group);

/* "threads of libgomp.so.1 that do", from the first group, for a sentence that goes on with "not
 * exist in it". */
const char *culprit_words(struct judgement *judgement, const struct finding *finding);

#endif
