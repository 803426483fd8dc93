/*
 * What files of libraries are called. The same library has many names: "libgomp.so.1"
 * of a distribution, "libgomp-e985bcbb.so.1.0.0" in a wheel, "libgomp.so.1.0.0 (deleted)".
 */
#ifndef FORKCHECK_CLI_LIBRARY_NAMES_H
#define FORKCHECK_CLI_LIBRARY_NAMES_H

#include "arena.h"
#include <stdbool.h>
#include <stddef.h>

/* What comes after the last slash; NULL of NULL. */
const char *library_file_name(const char *path);

/* The file name without the hash that a bundler put into it; NULL of NULL. */
const char *library_canonical(struct arena *arena, const char *path);

/* What the files of a library have in common, whatever their hash and version: "libgomp",
 * "_polars_runtime". NULL of NULL. */
const char *library_family(struct arena *arena, const char *path);

/* Do two paths lead to files of one name, but for the hash in it? False where one is NULL. */
bool library_is_same(const char *one, const char *other);

/* By its name: what is none is a program. False of NULL. */
bool library_is_shared_object(const char *path);

/* A glob for any hash, in the pieces that stand around it: `length` bytes of `name`, then
 * `rest`. False: no hash is in the name. */
bool library_any_hash(const char *path, size_t *length, const char **rest);

/* A glob on the file name, as it is or without its hash. */
bool library_matches(const char *path, const char *glob);

/*
 * A family is a glob on the canonical name up to ".so": "libgomp", "libpython3*"; also
 * on that of a program, "python3*". False of a path that is NULL.
 */
bool library_is(const char *path, const char *family);
bool library_is_among(const char *path, const char *const *families, size_t count);

#define LIBRARY_IS_AMONG(path, families)                                                           \
	library_is_among(path, families, sizeof(families) / sizeof(*(families)))

/* glibc's, also where it was split, and by the file names that it had up to 2.33. */
bool library_is_libc(const char *path);
/* Its loader and its resolver, too. */
bool library_is_of_libc(const char *path);

#endif
