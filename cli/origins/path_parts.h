/* Pieces of paths, which a stranger may have written. */
#ifndef FORKCHECK_PATH_PARTS_H
#define FORKCHECK_PATH_PARTS_H

#include "base/arena.h"
#include <stdbool.h>
#include <stddef.h>

/* A package's name or version that is longer than this is none. */
#define ORIGIN_NAME_MAX 200

/* What comes after the last `part` of a path, in it; NULL: it has none, or nothing follows. */
const char *path_after(const char *path, const char *part);

/*
 * A path without "." and "..", which a loader's $ORIGIN leaves in it: "faiss/../faiss.libs/x.so".
 * By its text alone: where a folder is a link it may be another file's.
 */
const char *path_plain(struct arena *arena, const char *path);

bool text_begins(const char *text, const char *start);
bool text_ends(const char *text, const char *end);

/* `length` bytes as a name or a version of a package: printable ASCII without blanks. NULL:
 * they are none, or too many. */
const char *origin_name(struct arena *arena, const char *text, size_t length);

#endif
