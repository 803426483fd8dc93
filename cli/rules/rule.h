/*
 * A rule looks at the model and says what it finds. One file per rule, one
 * row in rule_list.h.
 */
#ifndef FORKCHECK_RULE_H
#define FORKCHECK_RULE_H

#include "../finding.h"
#include "../session/model.h"
#include "rule_list.h"

/* Where the findings of a judgement are collected. */
struct judgement {
	struct model *model;
	struct arena *arena; /* owns everything that the findings point to */
	struct finding *findings;
	size_t count, capacity;
	struct attribution *attributions; /* what attribution.c remembers */
};

struct rule {
	const char *code;
	const char *name;
	enum severity severity; /* the highest that it ever gives */
	void (*judge)(struct judgement *judgement, const struct rule *rule);
};

/* The last one has code NULL. */
extern const struct rule rules[];

#define DECLARE_RULE(code, name, severity, function)                                               \
	void judge_##function(struct judgement *judgement, const struct rule *rule);
RULE_LIST(DECLARE_RULE)

/* A new finding of a rule, zeroed but for its code and name. Valid until the next call. */
struct finding *judgement_add(struct judgement *judgement, const struct rule *rule);

#endif
