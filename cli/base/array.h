/*
 * Arrays that grow at their end: a list, how many are in it, and how many have room.
 */
#ifndef FORKCHECK_ARRAY_H
#define FORKCHECK_ARRAY_H

#include <stddef.h>

/*
 * The list with room for one more than `count` elements of `size` bytes; what is new is not
 * zeroed. NULL where memory runs out: list and capacity are as they were.
 */
void *array_grow(void *list, size_t count, size_t *capacity, size_t size);

/* False where memory runs out. */
#define ARRAY_MAKE_ROOM(list, count, capacity)                                                     \
	({                                                                                         \
		void *array_grown = array_grow((list), (count), &(capacity), sizeof(*(list)));     \
                                                                                                   \
		if (array_grown)                                                                   \
			(list) = array_grown;                                                      \
		array_grown != NULL;                                                               \
	})

#endif
