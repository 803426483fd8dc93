/* This set of pairs is a table with open addressing, at most half full. */
#include "pairs.h"
#include <stdlib.h>

/* Addresses and serials have few bits that differ: all of them must reach the low ones. */
static size_t start_of(const struct pairs *pairs, uint64_t one, uint64_t other)
{
	uint64_t hash = (one * 0x9e3779b97f4a7c15u) ^ (other * 0xc2b2ae3d27d4eb4fu);

	hash ^= hash >> 32;
	return (size_t)(hash * 0x9e3779b97f4a7c15u >> 20) & (pairs->capacity - 1);
}

/* Where a pair is, or the free place where it would be. */
static struct pair *pairs_place_of(const struct pairs *pairs, uint64_t one, uint64_t other)
{
	size_t at = start_of(pairs, one, other);

	while (pairs->table[at].is_used &&
	       (pairs->table[at].one != one || pairs->table[at].other != other))
		at = (at + 1) & (pairs->capacity - 1);
	return &pairs->table[at];
}

static bool pairs_grow(struct pairs *pairs)
{
	struct pairs grown = {.count = pairs->count,
			      .capacity = pairs->capacity ? 2 * pairs->capacity : 64};

	grown.table = calloc(grown.capacity, sizeof(*grown.table));
	if (!grown.table)
		return false;
	for (size_t i = 0; i < pairs->capacity; i++)
		if (pairs->table[i].is_used)
			*pairs_place_of(&grown, pairs->table[i].one, pairs->table[i].other) =
				pairs->table[i];
	free(pairs->table);
	*pairs = grown;
	return true;
}

bool pairs_add(struct pairs *pairs, uint64_t one, uint64_t other)
{
	struct pair *place;

	if (2 * pairs->count >= pairs->capacity && !pairs_grow(pairs))
		return false;
	place = pairs_place_of(pairs, one, other);
	pairs->count += !place->is_used;
	*place = (struct pair){one, other, true};
	return true;
}

bool pairs_have(const struct pairs *pairs, uint64_t one, uint64_t other)
{
	return pairs->capacity && pairs_place_of(pairs, one, other)->is_used;
}

void pairs_free(struct pairs *pairs)
{
	free(pairs->table);
	*pairs = (struct pairs){0};
}
