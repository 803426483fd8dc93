/* A set of pairs of numbers, such as (process, lock): asked often, added to, never taken from. */
#ifndef FORKCHECK_PAIRS_H
#define FORKCHECK_PAIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pairs {
	struct pair {
		uint64_t one, other;
		bool is_used;
	} * table;
	size_t count, capacity; /* a power of two, or 0 */
};

/* False: no memory. */
bool pairs_add(struct pairs *pairs, uint64_t one, uint64_t other);
bool pairs_have(const struct pairs *pairs, uint64_t one, uint64_t other);
void pairs_free(struct pairs *pairs);

#endif
