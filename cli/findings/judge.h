/*
 * Runs the rules over a model and makes one list of what they say.
 */
#ifndef FORKCHECK_JUDGE_H
#define FORKCHECK_JUDGE_H

#include "findings/rules/rule.h"

/*
 * Notes are many and symbols are expensive: unless `all`, the rules that only
 * give notes are asked only where another rule found something to report.
 * Findings with the same fingerprint, of one program, become one, with the sum of
 * their counts; the most severe come first. Everything belongs to `arena`.
 */
void judge(struct model *model, struct arena *arena, bool all, struct finding **findings,
	   size_t *count);

/*
 * The most severe finding about one process (a serial), of the rules that give
 * errors: what hangs there. NULL when there is none. The cost does not grow with
 * the number of other processes that hang.
 */
const struct finding *judge_process(struct model *model, struct arena *arena, uint32_t process);

/* The same of all rules, where it is an error or the process waits: what hangs there, though no
 * fork made it so. */
const struct finding *judge_wait(struct model *model, struct arena *arena, uint32_t process);

/* Merges and sorts as above, in place. Returns the number that is left. */
size_t judge_merge(struct finding *findings, size_t count);

/* The same of several sessions: a lock that is named otherwise in one is no further lock. */
size_t judge_merge_sessions(struct finding *findings, size_t count);

#endif
