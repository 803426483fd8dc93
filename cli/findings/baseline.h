/*
 * A baseline: the findings that were there when it was written, by their fingerprints. They are
 * known; only others make a run fail.
 *
 *   FC001-0123456789abcdef # orphaned-lock lock:log_mutex
 *
 * A line for each, sorted; # begins a comment. Nothing in a line changes from run to run.
 */
#ifndef FORKCHECK_BASELINE_H
#define FORKCHECK_BASELINE_H

#include "finding.h"

struct baseline;

/* Reads a file. NULL after one line on stderr that names file, line and fault. */
struct baseline *baseline_read(const char *path);
void baseline_free(struct baseline *baseline);

bool baseline_has(const struct baseline *baseline, const char *fingerprint);

/*
 * Replaces a file, in one step: the report's findings that are not suppressed (notes only where
 * they are shown), and all of an old baseline (NULL: there is none). 0, or -1 after one line on
 * stderr.
 */
int baseline_write(const struct report *report, const struct baseline *old, const char *path);

#endif
