/*
 * What a rule judges, and where its findings are collected.
 */
#ifndef FORKCHECK_JUDGEMENT_H
#define FORKCHECK_JUDGEMENT_H

#include "findings/finding.h"
#include "origins/origin.h"
#include "session/model.h"

struct rule;

/* Where the findings of a judgement are collected. */
struct judgement {
	struct model *model;
	struct arena *arena; /* owns everything that the findings point to */
	struct finding *findings;
	size_t count, capacity;
	struct attribution *attributions; /* what attribution.c remembers */
	struct section_locks *sections; /* what cut_sections.c has found; NULL: nobody has asked */
	struct origins origins;
};

/* A new finding of a rule, zeroed but for its code and name. Valid until the next call. */
struct finding *judgement_add(struct judgement *judgement, const struct rule *rule);

#endif
