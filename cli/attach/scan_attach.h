/*
 * Whether the processes that a scan suspects hang: each is attached to.
 */
#ifndef FORKCHECK_SCAN_ATTACH_H
#define FORKCHECK_SCAN_ATTACH_H

#include "scan_processes.h"

/*
 * Attaches to those that are suspected, and to those that would be if their parent were there, or
 * could be read: all of them at once, for a second or two. Their verdicts become hung, suspected or
 * at rest. 0, or -1 after one line on stderr.
 */
int scan_attach(struct scan *scan);

#endif
