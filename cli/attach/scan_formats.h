/*
 * The formats of a scan: one file for each, and one row in SCAN_FORMAT_LIST.
 */
#ifndef FORKCHECK_SCAN_FORMATS_H
#define FORKCHECK_SCAN_FORMATS_H

#include "scan_processes.h"
#include <stdio.h>

struct scan_format {
	const char *name; /* as in --format=NAME */
	/* Writes all of it. 0, or -1 with errno when the stream failed. */
	int (*render)(FILE *stream, const struct scan *scan);
};

/* The name, and scan_render_... */
#define SCAN_FORMAT_LIST(format) format(text) format(json) format(openmetrics)

#define DECLARE_SCAN_FORMAT(name) int scan_render_##name(FILE *stream, const struct scan *scan);
SCAN_FORMAT_LIST(DECLARE_SCAN_FORMAT)

/* The format with that name, or NULL. */
const struct scan_format *scan_format_find(const char *name);

/* "text, json or openmetrics". Static. */
const char *scan_format_names(void);

#endif
