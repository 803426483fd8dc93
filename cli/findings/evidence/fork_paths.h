/*
 * The ways to fork: their names, and what libc does there and does not do. The
 * words that findings have for it.
 */
#ifndef FORKCHECK_FORK_PATHS_H
#define FORKCHECK_FORK_PATHS_H

#include "findings/rules/rule.h"

/* `function`: enum fork_function, of a record. */
void fork_path_name(struct fork_part *part, uint32_t function);

/* " _Fork() runs ...", to be added to an explanation; "" where there is nothing to add. */
const char *fork_path_remark(struct judgement *judgement, const struct fork_part *part);

#endif
