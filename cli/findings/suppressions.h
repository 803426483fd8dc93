/*
 * A suppressions file: one suppression a line, by what a finding is about.
 *
 *   # a comment
 *   lock:log_mutex
 *   rule:FC005 library:libjournal.so.*
 *
 * A line is one or more words `key:glob`, separated by blanks, that must all
 * match; suppression_words.h has the keys. Globs are those of the shell: * ? []
 * and \.
 */
#ifndef FORKCHECK_SUPPRESSIONS_H
#define FORKCHECK_SUPPRESSIONS_H

#include "finding.h"
#include <stdbool.h>
#include <stdio.h>

struct suppressions;

struct suppressions *suppressions_new(void);
void suppressions_free(struct suppressions *suppressions);

/* Reads all files, and a baseline (NULL: none). NULL after one line on stderr. */
struct suppressions *suppressions_open(const char *const *paths, size_t count,
				       const char *baseline);

/* Reads a file. Returns 0, or -1 after one line on stderr that names file, line and fault. */
int suppressions_read(struct suppressions *suppressions, const char *path);

/* One line, as of a file; one that is wrong, and an empty one, say nothing. */
void suppressions_add(struct suppressions *suppressions, const char *line);

/* True when a line matches; all that match then count as used. */
bool suppressions_match(struct suppressions *suppressions, const struct finding *finding);

/* Is there a baseline, and is the finding in it? */
bool suppressions_have_baseline(const struct suppressions *suppressions);
bool suppressions_know(const struct suppressions *suppressions, const struct finding *finding);

/* The report's findings, and those of the baseline, as a new one. 0, or -1 after one line on
 * stderr. */
int suppressions_write_baseline(const struct suppressions *suppressions,
				const struct report *report, const char *path);

/* One line on the stream for each line of the files that nothing matched. */
void suppressions_report_unused(const struct suppressions *suppressions, FILE *stream);

/*
 * Lines for a suppressions file, each once, for the report's findings that are not suppressed
 * (notes only where they are shown), with a comment that says what it is for. 0, or -1 with errno
 * when the stream failed.
 */
int suppressions_print(const struct report *report, FILE *stream);

/* The same as a file, in place of what it holds. 0, or -1 after one line on stderr. */
int suppressions_write(const struct report *report, const char *path);

#endif
