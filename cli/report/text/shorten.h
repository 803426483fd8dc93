/*
 * Long names made to fit a line, with what tells them apart kept. All take
 * text that escape_terminal() has made safe.
 */
#ifndef FORKCHECK_SHORTEN_H
#define FORKCHECK_SHORTEN_H

#include "base/arena.h"
#include <stddef.h>

/* What follows the last slash. */
const char *path_basename(const char *path);

/* Of Rust, a plain path, of which whole elements go; of other languages, template arguments and
 * parameters go first, then the middle. */
const char *shorten_function(struct arena *arena, const char *name, size_t columns);

/* The same of a name that is known for Rust's, which need not look like one. */
const char *shorten_rust(struct arena *arena, const char *name, size_t columns);

/* Leading folders go first, then the middle of the file's name. */
const char *shorten_path(struct arena *arena, const char *path, size_t columns);

/* The middle goes: the end of a name says more than its start. */
const char *shorten_middle(struct arena *arena, const char *text, size_t columns);

#endif
