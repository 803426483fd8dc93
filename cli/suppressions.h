/*
 * A suppressions file: one finding a line, by what it is about.
 */
#ifndef FORKCHECK_SUPPRESSIONS_H
#define FORKCHECK_SUPPRESSIONS_H

#include "finding.h"
#include <stdbool.h>
#include <stdio.h>

struct suppressions;

struct suppressions *suppressions_new(void);
void suppressions_free(struct suppressions *suppressions);

/* Reads a file. Returns 0, or -1 after one line on stderr that names file, line and fault. */
int suppressions_read(struct suppressions *suppressions, const char *path);

/* True when a line matches; that line then counts as used. */
bool suppressions_match(struct suppressions *suppressions, const struct finding *finding);

/* One line on the stream for each line of the files that nothing matched. */
void suppressions_report_unused(const struct suppressions *suppressions, FILE *stream);

#endif
