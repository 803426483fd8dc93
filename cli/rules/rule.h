/*
 * A rule looks at the model and says what it finds. One file per rule, one
 * line in the table of rules.c.
 */
#ifndef FORKCHECK_RULE_H
#define FORKCHECK_RULE_H

#include "../finding.h"
#include "../session/model.h"

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

void judge_orphaned_lock(struct judgement *judgement, const struct rule *rule);
void judge_orphaned_lock_tried(struct judgement *judgement, const struct rule *rule);
void judge_lost_wakeup(struct judgement *judgement, const struct rule *rule);
void judge_lock_held_at_fork(struct judgement *judgement, const struct rule *rule);
void judge_atfork_handler(struct judgement *judgement, const struct rule *rule);
void judge_dead_owner(struct judgement *judgement, const struct rule *rule);
void judge_wait_cycle(struct judgement *judgement, const struct rule *rule);
void judge_duplicated_output(struct judgement *judgement, const struct rule *rule);
void judge_shared_random_state(struct judgement *judgement, const struct rule *rule);
void judge_lost_thread_used(struct judgement *judgement, const struct rule *rule);
void judge_private_across_fork(struct judgement *judgement, const struct rule *rule);
void judge_threads_lost(struct judgement *judgement, const struct rule *rule);

/* A new finding of a rule, zeroed but for its code and name. Valid until the next call. */
struct finding *judgement_add(struct judgement *judgement, const struct rule *rule);

#endif
