/* Small files that package managers leave beside what they install, read with bounds. */
#ifndef FORKCHECK_SMALL_FILES_H
#define FORKCHECK_SMALL_FILES_H

#include "origin.h"

struct small_file {
	char *bytes; /* a NUL follows them; others may be among them */
	size_t length;
};

/*
 * At most the first `limit` bytes of a regular file. `path` is absolute, and looked up below
 * the root of `origins`. False: there is none, or it cannot be read; nothing is to be freed then.
 */
bool small_file_read(const struct origins *origins, const char *path, size_t limit,
		     struct small_file *file);
/* Opened for reading, as small_file_read() does; -1: it cannot be. */
int small_file_open(const struct origins *origins, const char *path);
void small_file_free(struct small_file *file);

/* Where the links of a path lead, below the root, malloc'ed; NULL: it does not exist. */
char *small_file_target(const struct origins *origins, const char *path);

/* The names in a directory, at most `limit`, sorted: the arena's. 0: it cannot be read. */
size_t small_files_list(const struct origins *origins, struct arena *arena, const char *directory,
			size_t limit, const char ***names);

/* What follows `start` up to the end of its line, at the start of any line before the first
 * empty one: the value of a header. NULL: there is none. */
const char *small_file_header(const struct small_file *file, const char *start, size_t *length);

#endif
