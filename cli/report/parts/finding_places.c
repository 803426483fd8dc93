/*
 * The places of a finding's headline become files and lines here. A path is cleaned by its text
 * alone: the file may be of another machine, and need not be there.
 */
#include "finding_places.h"

#include <limits.h>
#include <string.h>

#define NAME_BYTES 256 /* of a function's name in a line */

/* Is there a part that ".." takes back? */
static bool has_last(const char *first, const char *end)
{
	size_t length = (size_t)(end - first);

	return length > 0 &&
	       !(length >= 2 && memcmp(end - 2, "..", 2) == 0 && (length == 2 || end[-3] == '/'));
}

/* Adds a part of a path; "." is none, and ".." takes the last one back. */
static char *add_part(char *first, char *end, const char *part, size_t length, bool is_absolute)
{
	if (length == 0 || (length == 1 && *part == '.'))
		return end;
	if (length == 2 && memcmp(part, "..", 2) == 0 && (is_absolute || has_last(first, end))) {
		while (end > first && *--end != '/')
			;
		return end;
	}
	if (end > first)
		*end++ = '/';
	return mempcpy(end, part, length);
}

/* "/src/app/../log.c" becomes "/src/log.c". */
static const char *clean_path(struct arena *arena, const char *path)
{
	bool is_absolute = *path == '/';
	char *clean = arena_zalloc(arena, strlen(path) + 2);
	char *first = clean + is_absolute, *end = first;

	if (is_absolute)
		*clean = '/';
	while (*path != '\0') {
		size_t length = strcspn(path, "/");

		end = add_part(first, end, path, length, is_absolute);
		path += length + (path[length] == '/');
	}
	*end = '\0';
	return clean;
}

/* What follows the root in a path that is below it; NULL: it is not. */
static const char *below_root(const char *path, const char *root)
{
	size_t length = strlen(root);

	if (strcmp(root, "/") == 0)
		return *path == '/' ? path + 1 : NULL;
	if (strncmp(path, root, length) != 0 || path[length] != '/')
		return NULL;
	return path + length + 1;
}

struct source_path source_path_of(struct arena *arena, const struct frame *frame, const char *root)
{
	struct source_path path = {.text = frame->file};
	const char *below;

	if (frame->file == NULL || strnlen(frame->file, PATH_MAX) == PATH_MAX)
		return (struct source_path){.text = NULL};
	if (*frame->file != '/' && frame->directory != NULL &&
	    strnlen(frame->directory, PATH_MAX) < PATH_MAX)
		path.text = arena_printf(arena, "%s/%s", frame->directory, frame->file);
	path.text = clean_path(arena, path.text);
	below = root != NULL ? below_root(path.text, root) : NULL;
	if (below != NULL)
		return (struct source_path){.text = below, .is_in_root = true};
	return path;
}

static const char *function_of(struct arena *arena, const struct frame *frame)
{
	return frame->function != NULL
		       ? arena_strndup(arena, frame->function, strnlen(frame->function, NAME_BYTES))
		       : "";
}

/* "src/log.c:28 log_write", without a line the function alone. */
static const char *frame_line(struct arena *arena, const struct place *place)
{
	const char *function = function_of(arena, place->frame);

	if (place->path.text == NULL)
		return function;
	if (place->frame->line <= 0)
		return arena_printf(arena, "%s %s", place->path.text, function);
	return arena_printf(arena, "%s:%d %s", place->path.text, place->frame->line, function);
}

/* What is said of a place: role, what stands before it, itself, and what stands behind it. */
static const char *row_words(struct arena *arena, const struct headline_row *row,
			     const char *itself)
{
	const char *before = row->before != NULL ? row->before : "";
	const char *after = row->after != NULL ? row->after : "";

	return arena_printf(arena, "%s%s%.1024s%s%s%s%.1024s", row->role, *before ? " " : "",
			    before, *itself ? " " : "", itself, *after ? ", " : "", after);
}

static void add_place(struct arena *arena, struct places *places, const struct headline_row *row,
		      const char *root)
{
	struct place *place = &places->list[places->count];

	if (row->role == NULL || places->count == PLACES_MAX)
		return;
	places->count++;
	place->frame = row->place.frame;
	if (place->frame == NULL) {
		place->words = place->line = row_words(arena, row, "");
		return;
	}
	place->path = source_path_of(arena, place->frame, root);
	place->words = row_words(arena, row, function_of(arena, place->frame));
	place->line = row_words(arena, row, frame_line(arena, place));
}

static const struct place *choose_shown(const struct places *places)
{
	const struct place *with_source = NULL;

	for (size_t i = 0; i < places->count; i++) {
		if (places->list[i].path.is_in_root)
			return &places->list[i];
		if (with_source == NULL && places->list[i].path.text != NULL)
			with_source = &places->list[i];
	}
	if (with_source == NULL && places->count > 0)
		return &places->list[0];
	return with_source;
}

void places_fill(struct arena *arena, const struct finding *finding, const char *root,
		 struct places *places)
{
	const struct headline_part *headline = &finding->headline;

	*places = (struct places){.count = 0};
	add_place(arena, places, &headline->waits, root);
	add_place(arena, places, &headline->forked, root);
	for (size_t i = 0; i < headline->who_count; i++)
		add_place(arena, places, &headline->who[i], root);
	places->shown = choose_shown(places);
}

const char *finding_title(struct arena *arena, const struct finding *finding)
{
	return arena_printf(arena, "%s %s", finding->code, finding->name);
}

/* "\nCure: take it in a handler:\npthread_atfork(...);", or nothing. */
static const char *cure_text(struct arena *arena, const struct finding *finding)
{
	const char *line = finding->remedy.present ? finding->remedy.line : NULL;

	if (finding->headline.cure == NULL)
		return "";
	if (line == NULL)
		return arena_printf(arena, "\nCure: %.4096s.", finding->headline.cure);
	return arena_printf(arena, "\nCure: %.4096s:\n%.4096s", finding->headline.cure, line);
}

const char *finding_text(struct arena *arena, const struct finding *finding)
{
	const char *message = finding->message != NULL ? finding->message : finding->name;
	const char *why = finding->why != NULL ? finding->why : "";

	return arena_printf(arena, "%.4096s%s%.4096s%s", message, *why ? "\n" : "", why,
			    cure_text(arena, finding));
}
