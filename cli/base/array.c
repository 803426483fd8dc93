/* Arrays grow here, to twice their size each time. */
#include "array.h"
#include <stdlib.h>

#define ARRAY_FIRST 16

void *array_grow(void *list, size_t count, size_t *capacity, size_t size)
{
	size_t larger = *capacity ? 2 * *capacity : ARRAY_FIRST;
	void *grown;

	if (count < *capacity)
		return list;
	grown = reallocarray(list, larger, size);
	if (grown)
		*capacity = larger;
	return grown;
}
