/*
 * Looks exported names up in an object of the loader's list by its GNU hash
 * table: dlsym() would take the loader's lock, and is for start-up only.
 */
#ifndef FORKCHECK_BASE_SYMBOL_TABLES_H
#define FORKCHECK_BASE_SYMBOL_TABLES_H

#include "base/process.h"
#include <link.h>

struct symbol_table {
	/* memory_read() or alike; NULL: plain loads */
	size_t (*read)(void *to, const void *from, size_t length);
	uintptr_t bias;
	uintptr_t symbols, strings;
	uintptr_t versions; /* 0: the object has none */
	uintptr_t bloom, buckets, chains;
	uint32_t bucket_count, first, bloom_count, bloom_shift;
};

/* False where the object exports nothing by such a table. */
bool symbols_open(struct symbol_table *table, const struct link_map *map,
		  size_t (*read)(void *to, const void *from, size_t length));
/* The address of a symbol that the object defines; 0: it does not, or has code to choose one. */
uintptr_t symbols_find(const struct symbol_table *table, const char *name);

/*
 * The objects that come after the shim's own, in the order in which dlsym(RTLD_NEXT)
 * searches them. dlsym() itself takes ten times as long, for each of a hundred names,
 * in each process that starts.
 */
#define SYMBOL_SCOPE 64
struct symbol_scope {
	uint32_t count; /* up to one that has no such table */
	struct symbol_table tables[SYMBOL_SCOPE];
};

/* These are for start-up: nobody may be taking objects away. Opening returns whether all
 * objects are in it. */
bool symbols_open_scope(struct symbol_scope *scope);
/* The definition that dlsym(RTLD_NEXT) finds; 0: ask that. */
uintptr_t symbols_find_in(const struct symbol_scope *scope, const char *name);
/* The same in all objects that have such a table, up to `last`; NULL: in all. */
uintptr_t symbols_find_next(const char *name, const struct link_map *last);

#endif
