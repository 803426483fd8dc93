/*
 * Where reports go: the files and streams that the options name.
 */
#ifndef FORKCHECK_OUTPUTS_H
#define FORKCHECK_OUTPUTS_H

#include "options.h"

struct outputs {
	const struct options *options;
	FILE *streams[OUTPUTS_MAX]; /* as many as options->output_count */
};

/* Makes the files. Returns 0, or -1 after one line on stderr. */
int outputs_open(struct outputs *outputs, const struct options *options);

/* The stream for text that a person reads while the program runs; NULL: none. */
FILE *outputs_live(const struct outputs *outputs);

/* The whole report to each of them, or to all but the live one. What failed is
 * said by outputs_close(). */
void outputs_write(struct outputs *outputs, const struct report *report, bool but_live);

/* Returns 0, or -1 after one line on stderr for each file that is not whole. */
int outputs_close(struct outputs *outputs);

struct render_options outputs_look(const struct options *options, FILE *stream);

/* A document for machines has all notes; text shows them only when asked. */
bool outputs_want_notes(const struct options *options);

/* Does a finding reach --fail-on? */
bool outputs_reach_limit(const struct options *options, const struct report *report);

#endif
