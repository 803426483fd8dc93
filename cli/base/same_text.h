/*
 * Texts that may be missing.
 */
#ifndef FORKCHECK_SAME_TEXT_H
#define FORKCHECK_SAME_TEXT_H

#include <stdbool.h>
#include <string.h>

/* Both may be NULL, and are then the same. */
static inline bool same_text(const char *one, const char *other)
{
	return one == other || (one && other && strcmp(one, other) == 0);
}

/* The order of strcmp(); NULL comes last. */
static inline int compare_texts(const char *one, const char *other)
{
	if (!one || !other)
		return (one == NULL) - (other == NULL);
	return strcmp(one, other);
}

#endif
