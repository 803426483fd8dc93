/* The command `forkcheck attach`. */
#ifndef FORKCHECK_ATTACH_COMMAND_H
#define FORKCHECK_ATTACH_COMMAND_H

#include "options.h"

/* Returns the exit status of forkcheck. */
int command_attach(const struct options *options);

#endif
