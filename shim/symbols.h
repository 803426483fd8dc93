/*
 * Looks exported names up in an object of the loader's list by its GNU hash
 * table: dlsym() would take the loader's lock, and is for start-up only.
 */
#ifndef FORKCHECK_SYMBOLS_H
#define FORKCHECK_SYMBOLS_H

#include "shim.h"
#include <link.h>

struct symbol_table {
	size_t (*read)(void *to, const void *from, size_t length); /* memory_read() or alike */
	uintptr_t bias;
	uintptr_t symbols, strings;
	uintptr_t bloom, buckets, chains;
	uint32_t bucket_count, first, bloom_count, bloom_shift;
};

/* False where the object exports nothing by such a table. */
bool symbols_open(struct symbol_table *table, const struct link_map *map,
		  size_t (*read)(void *to, const void *from, size_t length));
/* The address of a symbol that the object defines; 0: it does not. */
uintptr_t symbols_find(const struct symbol_table *table, const char *name);

/* At start-up: the definition that comes next after the shim's own, as dlsym(RTLD_NEXT)
 * finds it; 0: there is none. */
uintptr_t symbols_find_next(const char *name);

#endif
