/* Which options were given, where, and which of them count: what --show-config prints. */
#ifndef FORKCHECK_GIVEN_OPTIONS_H
#define FORKCHECK_GIVEN_OPTIONS_H

#include <stdio.h>

/* Which one counts where an option is given more than once. */
enum given_kind {
	GIVEN_LAST,
	GIVEN_ALL,
	GIVEN_REPORTS, /* all of one place: reports of a later one stand in their place */
};

/* Takes the strings over as they are: they stay as long as the options do. */
struct given_option {
	const char *name;
	const char *value;  /* NULL: it has none */
	const char *source; /* "FORKCHECK_OPTIONS" */
	int layer;          /* of a later one reports stand in the place of an earlier one's */
	enum given_kind kind;
};

/* None is given. */
void given_options_reset(void);
void given_options_add(const struct given_option *given);

/* One line for each. `file`: the options file; NULL: there is none. */
void given_options_print(FILE *stream, const char *file);

#endif
