/*
 * The kernel's list of this process' mappings, read line by line with no memory but
 * the stack's. By number: libc's open() and read() are cancellation points.
 */
#ifndef FORKCHECK_BASE_MAPPINGS_H
#define FORKCHECK_BASE_MAPPINGS_H

#include <stdbool.h>
#include <stdint.h>

/* Returns true to end the walk. A line is cut where it is longer than what stands before a path. */
typedef bool maps_visitor(const char *line, void *data);

/* True when the visitor ended the walk. errno may be lost. */
bool maps_walk(maps_visitor *visit, void *data);

enum memory_kind {
	MEMORY_UNKNOWN, /* not mapped, or there is no asking */
	MEMORY_PRIVATE,
	MEMORY_SHARED, /* the parent's writes are seen here, and ours there */
};

/* Nothing is known of it: empty. */
struct mapping_range {
	uint64_t start, end;
	enum memory_kind kind;
};

/* The mapping that an address lies in. */
struct mapping_range maps_look_up(const void *address);

/* The number at a place in a line, which moves behind it. */
uint64_t maps_number(const char **at, unsigned base);

#endif
