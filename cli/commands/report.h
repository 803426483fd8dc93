/*
 * forkcheck report FILE...: one report of sessions that were kept.
 */
#ifndef FORKCHECK_COMMAND_REPORT_H
#define FORKCHECK_COMMAND_REPORT_H

#include "options.h"

/* Returns the exit status of forkcheck. */
int command_report(const struct options *options);

#endif
