/*
 * forkcheck explain [CODE...]: what a rule means, from docs/rules/.
 */
#ifndef FORKCHECK_EXPLAIN_H
#define FORKCHECK_EXPLAIN_H

#include "options.h"

/* Returns the exit status of forkcheck. Without operands it lists the rules. */
int command_explain(const struct options *options);

#endif
