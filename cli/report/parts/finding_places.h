/*
 * Where a finding is, for formats that point into source: the places of its headline, by files
 * of the repository where they are in it. Names are the target's, bounded but not escaped.
 */
#ifndef FORKCHECK_FINDING_PLACES_H
#define FORKCHECK_FINDING_PLACES_H

#include "base/arena.h"
#include "findings/headline.h"
#include <stdbool.h>

#define PLACES_MAX (2 + HEADLINE_WHO_MAX)

/* A file of source, as it is named in a document. */
struct source_path {
	const char *text; /* "src/log.c" or "/usr/include/c.h"; NULL: unknown */
	bool is_in_root;  /* the text begins at the root of the repository */
};

struct place {
	const char *words; /* `held by T2 "logger" for 1.2 ms, since log_write` */
	const char *line;  /* `held by T2 "logger" for 1.2 ms, since src/log.c:28 log_write` */
	const struct frame *frame; /* NULL: none is known */
	struct source_path path;
};

struct places {
	struct place list[PLACES_MAX]; /* where it waits, where it was forked, who */
	size_t count;
	/* The one to show: the first in the repository, else the first with a source, else the
	 * first. NULL: there is none. */
	const struct place *shown;
};

/* `root`: an absolute path; NULL: there is no repository. */
struct source_path source_path_of(struct arena *arena, const struct frame *frame, const char *root);

void places_fill(struct arena *arena, const struct finding *finding, const char *root,
		 struct places *places);

/* "FC001 orphaned-lock" */
const char *finding_title(struct arena *arena, const struct finding *finding);

/* Message, mechanism and cure, each a line. */
const char *finding_text(struct arena *arena, const struct finding *finding);

#endif
