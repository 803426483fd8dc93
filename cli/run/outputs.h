/*
 * Where reports go: the files and streams that the options name.
 */
#ifndef FORKCHECK_OUTPUTS_H
#define FORKCHECK_OUTPUTS_H

#include "commands/options.h"

struct outputs {
	const struct options *options;
	FILE *streams[OUTPUTS_MAX]; /* as many as options->output_count */
};

/* Makes the files. Returns 0, or -1 after one line on stderr. */
int outputs_open(struct outputs *outputs, const struct options *options);

/* The stream for text that a person reads while the program runs; NULL: none. */
FILE *outputs_live(const struct outputs *outputs);

/* Which of them to write. */
enum outputs_part {
	OUTPUTS_ALL,
	OUTPUTS_BUT_LIVE,
	OUTPUTS_FILES, /* what can be written again: regular files that have a name */
};

/* The whole report to each of them; what a file had before is gone. What failed is said by
 * outputs_close(). */
void outputs_write(struct outputs *outputs, const struct report *report, enum outputs_part part);

/* Returns 0, or -1 after one line on stderr for each file that is not whole. */
int outputs_close(struct outputs *outputs);

/* Is text that goes to this descriptor coloured: --color, NO_COLOR, a terminal? */
bool outputs_use_color(const struct options *options, int fd);

struct render_options outputs_look(const struct options *options, FILE *stream);

/* A document for machines has all notes; text shows them only when asked. */
bool outputs_want_notes(const struct options *options);

/* Does a finding reach --fail-on? */
bool outputs_reach_limit(const struct options *options, const struct report *report);

#endif
