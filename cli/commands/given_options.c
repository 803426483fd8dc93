/* The options that were given are noted and listed here, in the order in which they count. */
#include "given_options.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/escape.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define OPTION_COLUMNS 1024
#define COLUMN         32

static struct {
	struct given_option *list;
	size_t count, capacity;
} all;

void given_options_reset(void)
{
	free(all.list);
	all.list = NULL;
	all.count = all.capacity = 0;
}

/* What there is no memory for is not listed; it is in force all the same. */
void given_options_add(const struct given_option *given)
{
	if (ARRAY_MAKE_ROOM(all.list, all.count, all.capacity))
		all.list[all.count++] = *given;
}

static bool stands_for(const struct given_option *later, const struct given_option *one)
{
	switch (one->kind) {
	case GIVEN_LAST:
		return strcmp(later->name, one->name) == 0;
	case GIVEN_REPORTS:
		return later->kind == GIVEN_REPORTS && later->layer > one->layer;
	case GIVEN_ALL:
		break;
	}
	return false;
}

static bool is_overridden(size_t index)
{
	for (size_t i = index + 1; i < all.count; i++)
		if (stands_for(&all.list[i], &all.list[index]))
			return true;
	return false;
}

static const char *words_of(struct arena *arena, const struct given_option *given)
{
	if (given->value == NULL)
		return arena_printf(arena, "--%s", given->name);
	return arena_printf(arena, "--%s=%s", given->name,
			    escape_terminal(arena, given->value, OPTION_COLUMNS));
}

void given_options_print(FILE *stream, const char *file)
{
	struct arena arena;

	arena_init(&arena);
	fprintf(stream, "options file: %s\n",
		file != NULL ? escape_terminal(&arena, file, OPTION_COLUMNS) : "none");
	for (size_t i = 0; i < all.count; i++)
		fprintf(stream, "%-*s %s%s\n", COLUMN, words_of(&arena, &all.list[i]),
			escape_terminal(&arena, all.list[i].source, OPTION_COLUMNS),
			is_overridden(i) ? " (overridden)" : "");
	arena_release(&arena);
}
