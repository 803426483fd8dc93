/*
 * These lines of a text report are the first that a reader sees below the title: where it waits,
 * where it was forked, who had a part in it, and what to do.
 */
#include "base/escape.h"
#include "origins/origin.h"
#include "text_parts.h"

#include <string.h>

#define HEADLINE_INDENT  13 /* where what is said begins, behind the role */
#define MARKS            2  /* columns of a text that are no columns of a page */
#define UNBROKEN_COLUMNS 32
#define LOCATION_COLUMNS 52 /* of a source: the folders say whose it is */
#define MODULE_COLUMNS   28
#define FUNCTION_COLUMNS 32
#define ALIGNED_COLUMNS  38 /* at most: the width of a column of places */
#define CURE_LINE_INDENT 2  /* more: of a line to be copied */

/* " (posthog 3.1.0)", in one piece, of a package whose version is known; else empty. */
static const char *package_words(struct page *page, const struct frame *frame)
{
	const struct origin *origin = frame->origin;
	const char *package = page_package(page, origin);

	if (package == NULL || origin->version == NULL)
		return "";
	return arena_printf(&page->arena, " (%s)", page_unbroken(page, package));
}

/* What a line has left of so many columns, behind the indent and what stands there. */
static size_t columns_left(const struct page *page, size_t wanted, size_t taken)
{
	taken += HEADLINE_INDENT;
	if (taken + wanted < page->width)
		return wanted;
	return taken < page->width ? page->width - taken : 1;
}

const char *frame_words(struct page *page, const struct frame *frame, bool is_bold)
{
	struct arena *arena = &page->arena;
	bool has_file = frame->file != NULL;
	const char *gap = has_file ? PAGE_SPACE : " of ";
	const char *location =
		frame_location(page, frame, has_file ? LOCATION_COLUMNS : MODULE_COLUMNS);
	const char *function = frame_function(
		page, frame,
		columns_left(page, FUNCTION_COLUMNS, text_columns(location) + strlen(gap)));
	const char *bold = is_bold ? PAGE_BOLD : "", *plain = is_bold ? PAGE_PLAIN : "";

	if (function == NULL)
		return arena_printf(arena, "%s%s%s", bold, location, plain);
	if (has_file)
		return arena_printf(arena, "%s%s%s%s%s", bold, location, plain, gap, function);
	return arena_printf(arena, "%s%s%s%s%s", bold, function, plain, gap, location);
}

static const char *place_words(struct page *page, const struct headline_place *place, bool is_bold)
{
	if (place->frame == NULL)
		return "(no stack is known)";
	return arena_printf(&page->arena, "%s%s", frame_words(page, place->frame, is_bold),
			    package_words(page, place->frame));
}

static bool is_runtime(const struct frame *frame)
{
	return frame->origin != NULL && frame->origin->kind == ORIGIN_RUNTIME;
}

/* "in posthog/client.py:485 (posthog 3.1.0)"; of a language's library the name says enough. */
static const char *inside_words(struct page *page, const struct frame *inside)
{
	const char *words;

	if (is_runtime(inside))
		words = frame_function(page, inside, FUNCTION_COLUMNS);
	else if (inside->line > 0)
		words = frame_location(page, inside, LOCATION_COLUMNS);
	else
		words = frame_words(page, inside, false);
	return arena_printf(&page->arena, "in %s%s", words, package_words(page, inside));
}

/* Short words stay together on a line. */
static const char *words_after(struct page *page, const struct headline_row *row)
{
	const char *words = row->after != NULL ? page_sentence(page, row->after) : "";

	return text_columns(words) <= UNBROKEN_COLUMNS ? page_unbroken(page, words) : words;
}

/* What stands behind a place: the call that it is in, then the words. */
static const char *words_behind(struct page *page, const struct headline_row *row)
{
	const char *words = words_after(page, row);

	if (row->place.inside == NULL)
		return words;
	return arena_printf(&page->arena, "%s%s%s", inside_words(page, row->place.inside),
			    *words != '\0' ? ", " : "", words);
}

/* `T2 "logger" for 12 ms, since log.c:28 log_write` */
static const char *words_first(struct page *page, const struct headline_row *row)
{
	struct arena *arena = &page->arena;
	const char *words = page_sentence(page, row->before), *behind = words_behind(page, row);

	if (row->place.frame != NULL)
		words = arena_printf(arena, "%s %s", words, place_words(page, &row->place, true));
	return *behind != '\0' ? arena_printf(arena, "%s, %s", words, behind) : words;
}

/* "worker.c:88 handle_request   for mutex log_mutex" */
static const char *place_first(struct page *page, const struct headline_row *row, size_t column)
{
	const char *place = place_words(page, &row->place, true), *behind = words_behind(page, row);
	size_t columns = text_columns(place_words(page, &row->place, false));
	size_t gap = columns < column ? column - columns : 0;

	if (*behind == '\0')
		return place;
	return arena_printf(&page->arena, "%s%*s  %s", place, (int)gap, "", behind);
}

static void put_row(struct page *page, const struct headline_row *row, size_t column)
{
	if (row->role == NULL)
		return;
	page_wrap(page, arena_printf(&page->arena, "  %-10s ", row->role), HEADLINE_INDENT,
		  row->before != NULL ? words_first(page, row) : place_first(page, row, column));
}

/* The two places stand above each other, and what is said of them does, too. */
static size_t column_of_words(struct page *page, const struct headline_part *headline)
{
	const struct headline_row *const rows[] = {&headline->waits, &headline->forked};
	size_t widest = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		size_t columns = 0;

		if (rows[i]->place.frame != NULL)
			columns = text_columns(place_words(page, &rows[i]->place, false));
		if (columns <= ALIGNED_COLUMNS && columns > widest)
			widest = columns;
	}
	return widest;
}

/* A line for copying is never broken: where it is long it begins further left. */
static void put_copied_line(struct page *page, const char *line)
{
	size_t columns = text_columns(line), indent = HEADLINE_INDENT + CURE_LINE_INDENT;

	while (indent > CURE_LINE_INDENT && indent + columns > page->width)
		indent--;
	fprintf(page->stream, "%*s%s\n", (int)indent, "", line);
}

static void put_cure(struct page *page, const struct finding *finding)
{
	const char *cure = page_sentence(page, finding->headline.cure);
	const char *line =
		finding->remedy.present ? page_sentence(page, finding->remedy.line) : NULL;

	if (cure == NULL)
		return;
	page_wrap(page, "  cure       ", HEADLINE_INDENT,
		  arena_printf(&page->arena, "%s%s", cure, line != NULL ? ":" : "."));
	if (line != NULL)
		put_copied_line(page, line);
}

/* By which call of a language it was forked is left out where that would take a line. */
static struct headline_row short_forked(struct page *page, const struct headline_row *forked,
					size_t column)
{
	struct headline_row row = *forked;
	size_t columns = HEADLINE_INDENT + text_columns(place_first(page, &row, column)) - MARKS;

	if (row.place.inside != NULL && is_runtime(row.place.inside) && columns > page->width)
		row.place.inside = NULL;
	return row;
}

void put_headline(struct page *page, const struct finding *finding)
{
	const struct headline_part *headline = &finding->headline;
	size_t column = column_of_words(page, headline);
	struct headline_row forked = short_forked(page, &headline->forked, column);

	put_row(page, &headline->waits, column);
	put_row(page, &forked, column);
	for (size_t i = 0; i < headline->who_count; i++)
		put_row(page, &headline->who[i], column);
	put_cure(page, finding);
}
