/* forkcheck scan: fork children that hang, among all processes of the machine. */
#ifndef FORKCHECK_SCAN_H
#define FORKCHECK_SCAN_H

#include "options.h"

int command_scan(const struct options *options);

#endif
