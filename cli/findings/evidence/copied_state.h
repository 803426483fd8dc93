/*
 * COPIED records in pairs: a parent and its child have both used their copies
 * of one state.
 */
#ifndef FORKCHECK_COPIED_STATE_H
#define FORKCHECK_COPIED_STATE_H

#include "findings/rules/rule.h"

struct copied_pair {
	const struct record_copied *parent, *child;
};

/* The pairs of which `concerns` is true for the kind. The list is the judgement's arena's. */
size_t copied_pairs(struct judgement *judgement, bool (*concerns)(uint32_t kind),
		    struct copied_pair **pairs);

/* The fork, and what each of the two did where. */
void copied_evidence(struct judgement *judgement, struct finding *finding,
		     const struct copied_pair *pair);

#endif
