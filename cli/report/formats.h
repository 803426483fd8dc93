/*
 * Renderers: one file, or one folder, per format, and one row in FORMAT_LIST: the table, the
 * declaration, what --help lists and what --format complains of follow.
 */
#ifndef FORKCHECK_REPORT_H
#define FORKCHECK_REPORT_H

#include "findings/finding.h"
#include <stdbool.h>
#include <stdio.h>

struct render_options {
	bool color;
	int width;        /* columns; 80 where the output is no terminal */
	bool full_stacks; /* every frame of each stack in a text, not what a reader needs first */
	const char *root; /* of the repository: its files are named from there on; NULL: none */
	struct fail_limit limit; /* what makes the run fail */
};

struct report_format {
	const char *name; /* as in --format=NAME */
	/* Writes the whole report. 0, or -1 with errno when the stream failed. */
	int (*render)(FILE *stream, const struct report *report,
		      const struct render_options *options);
	/* True where a report without findings, of an observed run, is still written
	 * to a file or a pipe (a machine wants the document; a person wants silence). */
	bool always;
};

/* The format with that name, or NULL. */
const struct report_format *report_format_find(const char *name);
/* All formats; the last has name NULL. */
extern const struct report_format report_formats[];

/* The name, render_..., and whether it is always written; the first is the default. */
/* clang-format off */
#define FORMAT_LIST(format) \
	format(text, false) \
	format(json, true) \
	format(sarif, true) \
	format(junit, true) \
	format(github, false) \
	format(gitlab, true) \
	format(html, true)
/* clang-format on */

#define DECLARE_FORMAT(name, always)                                                               \
	int render_##name(FILE *stream, const struct report *report,                               \
			  const struct render_options *options);
FORMAT_LIST(DECLARE_FORMAT)

/* "text, json or html". Static. */
const char *report_format_names(void);

/* One finding as text, for live output while the run goes on. */
int render_text_finding(FILE *stream, const struct finding *finding,
			const struct render_options *options);
/* The closing part of a text report: the table of libraries and the summary line. */
int render_text_summary(FILE *stream, const struct report *report,
			const struct render_options *options);

#endif
