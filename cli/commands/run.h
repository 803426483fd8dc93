/*
 * forkcheck PROGRAM [ARGS]: run it, watch it, say what was found.
 */
#ifndef FORKCHECK_RUN_H
#define FORKCHECK_RUN_H

#include "options.h"

/* Returns the exit status of forkcheck; dies by the program's signal where it did. */
int command_run(const struct options *options);

#endif
