/*
 * The texts of docs/rules/, inside the program: `forkcheck explain` works on a
 * machine that has the program and nothing else.
 */
#ifndef FORKCHECK_RULE_TEXTS_H
#define FORKCHECK_RULE_TEXTS_H

struct rule_text {
	const char *code; /* "FC001" */
	const char *text; /* the first line is "# CODE name: summary" */
};

/* All rules; the last has code NULL. */
extern const struct rule_text rule_texts[];

#endif
