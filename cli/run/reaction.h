/*
 * What the user wants done to a process whose hang is proven.
 */
#ifndef FORKCHECK_REACTION_H
#define FORKCHECK_REACTION_H

#include "commands/options.h"
#include "hangs/record/hang_record.h"

/* Does it. Returns what was done ("killed"); NULL: nothing was to be done, or it had moved. */
const char *reaction_to(const struct options *options, const struct hang *hang);

#endif
