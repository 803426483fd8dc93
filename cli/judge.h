/*
 * Runs the rules over a model and makes one list of what they say.
 */
#ifndef FORKCHECK_JUDGE_H
#define FORKCHECK_JUDGE_H

#include "rules/rule.h"

/*
 * Findings with the same fingerprint become one, with the sum of their counts;
 * the most severe come first. Everything belongs to `arena`.
 */
void judge(struct model *model, struct arena *arena, struct finding **findings, size_t *count);

#endif
