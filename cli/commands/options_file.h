/*
 * The file that options are read from: the nearest .forkcheckrc from the working directory up, or
 * the one that --config names. A line has options as a command line has them; # begins a comment.
 */
#ifndef FORKCHECK_OPTIONS_FILE_H
#define FORKCHECK_OPTIONS_FILE_H

#include "base/arena.h"
#include "base/line_reader.h"
#include <stdbool.h>

#define OPTIONS_FILE ".forkcheckrc"

struct options_file {
	const char *path;
	const char *folder; /* that names in it begin at */
	bool was_found;     /* nobody named it */
	struct line_reader reader;
};

/*
 * Opens it; `asked` is the name that was given, or NULL. True: it is open. False: there is none to
 * read, or it is not to be used, and then `problem` says why (NULL: there is none).
 */
bool options_file_open(struct options_file *file, struct arena *arena, const char *asked,
		       const char **problem);

/* The next line's words, behind a word for the name of the program; NULL at the end and where
 * reader.problem says what is wrong. A line without words is passed over. */
char **options_file_next(struct options_file *file, struct arena *arena, int *count);

void options_file_close(struct options_file *file);

#endif
