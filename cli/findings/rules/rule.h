/*
 * A rule looks at the model and says what it finds. One file per rule, one
 * row in rule_list.h.
 */
#ifndef FORKCHECK_RULE_H
#define FORKCHECK_RULE_H

#include "findings/evidence/judgement.h"
#include "rule_list.h"

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

#endif
