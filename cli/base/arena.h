/*
 * Memory that lives as long as its owner: strings, frames and lists that are
 * built once and released together. A thin face on glibc's obstack.
 *
 * Every function ends the program with status 125 when memory runs out; none
 * returns NULL.
 */
#ifndef FORKCHECK_ARENA_H
#define FORKCHECK_ARENA_H

#include <obstack.h>
#include <stddef.h>

struct arena {
	struct obstack obstack;
};

void arena_init(struct arena *arena);
void arena_release(struct arena *arena);

/* Zeroed memory of `size` bytes, aligned for any type. */
void *arena_zalloc(struct arena *arena, size_t size);
/* Zeroed array; `count * size` is checked for overflow. */
void *arena_array(struct arena *arena, size_t count, size_t size);
char *arena_strdup(struct arena *arena, const char *text);
/* Copies `length` bytes and adds a NUL. */
char *arena_strndup(struct arena *arena, const char *text, size_t length);
char *arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
