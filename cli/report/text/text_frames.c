/* This part of a text report is a stack: one line for each frame, function left, source right. */
#include "base/escape.h"
#include "base/library_names.h"
#include "origins/origin.h"
#include "shorten.h"
#include "text_fold.h"
#include "text_parts.h"
#include <inttypes.h>
#include <string.h>

#define LOCATION_COLUMNS 36
#define FUNCTION_COLUMNS 20 /* padded to; a longer name moves the source to the right */
#define PYTHON_COLUMNS   23 /* padded to, at least: where the function of a Python frame stands */
#define LEAST_SHARED     2  /* frames that stand at the fork and are not repeated */

/* A name that packages share takes its folder along: "polars/__init__.py". */
static const char *file_name(const char *path)
{
	const char *name = path_basename(path);

	if (strncmp(name, "__", 2) == 0 && name > path)
		for (name--; name > path && name[-1] != '/';)
			name--;
	return name;
}

static const char *place_of(const struct frame *frame)
{
	if (frame->file == NULL)
		return frame->module != NULL ? path_basename(frame->module) : NULL;
	if (frame->origin != NULL && frame->origin->path != NULL)
		return frame->origin->path;
	return file_name(frame->file);
}

const char *frame_location(struct page *page, const struct frame *frame, size_t columns)
{
	struct arena *arena = &page->arena;
	const char *place = page_name(page, place_of(frame), SYMBOL_COLUMNS);

	if (place == NULL)
		return frame->pc != 0 ? arena_printf(arena, "0x%" PRIx64, frame->pc) : "?";
	place = shorten_path(arena, place, columns);
	if (frame->file != NULL && frame->line > 0)
		return arena_printf(arena, "%s:%d", place, frame->line);
	if (frame->file == NULL && frame->function == NULL)
		return arena_printf(arena, "%s+0x%" PRIx64, place, frame->offset);
	return place;
}

const char *frame_function(struct page *page, const struct frame *frame, size_t columns)
{
	const char *function = page_name(page, frame->function, SYMBOL_COLUMNS);

	if (function == NULL)
		return NULL;
	return frame->is_rust ? shorten_rust(&page->arena, function, columns)
			      : shorten_function(&page->arena, function, columns);
}

static void put_python_frame(struct page *page, const struct frame *frame, size_t padded)
{
	const char *location = frame_location(page, frame, LOCATION_COLUMNS), *function;
	size_t columns = text_columns(location);
	size_t gap = columns < padded ? padded - columns : 1;
	size_t taken = strlen("    ") + columns + gap + strlen("in ");

	function = frame_function(page, frame, taken < page->width ? page->width - taken : 1);
	fprintf(page->stream, "    %s%*sin %s\n", location, (int)gap, "",
		function != NULL ? function : "?");
}

static void put_frame(struct page *page, size_t number, int digits, const struct frame *frame)
{
	const char *location = frame_location(page, frame, LOCATION_COLUMNS), *function;
	const char *prefix = arena_printf(&page->arena, "    #%-*zu ", digits, number);
	size_t taken = text_columns(prefix) + 2 + text_columns(location), columns;

	function = frame_function(page, frame, taken < page->width ? page->width - taken : 1);
	if (function == NULL)
		function = "(no symbol)";
	columns = text_columns(function);
	fprintf(page->stream, "%s%s%*s%s\n", prefix, function,
		columns + 2 <= FUNCTION_COLUMNS ? (int)(FUNCTION_COLUMNS - columns) : 2, "",
		location);
}

static void put_remarks(struct page *page, const struct frames *frames, bool ends_at_fork)
{
	static const struct python_frames none;
	const struct python_frames *python = frames->python != NULL ? frames->python : &none;

	if (frames->first_seen)
		page_line(page, "    (kept from an earlier pass: the callers may have differed)");
	if (python->problem != NULL)
		page_wrap(page, "    (", 5,
			  arena_printf(&page->arena, "no Python frames: %s)", python->problem));
	/* Of a stack that Python frames end, nobody misses the interpreter's own start. */
	if (python->is_truncated)
		page_line(page, "    (further Python frames were left out)");
	else if (ends_at_fork)
		page_line(page, "    (the rest is as at the fork)");
	else if (!frames->complete && frames->count > 0 && python->count == 0)
		page_line(page, "    (the stack was cut here)");
}

struct look {
	int digits;      /* of the number of a native frame */
	size_t location; /* columns of a Python frame's file and line */
};

static void put_item(struct page *page, const struct fold_item *item, const struct look *look)
{
	const struct merged_frame *merged = item->first;

	if (item->left_out > 0 && item->whose != NULL)
		page_wrap(page, "    ", 8,
			  arena_printf(&page->arena, "... %zu frames of %s ...", item->left_out,
				       page_name(page, item->whose, NAME_COLUMNS)));
	else if (item->left_out > 0)
		fprintf(page->stream, "    ... %zu more frames ...\n", item->left_out);
	else if (merged->is_python)
		put_python_frame(page, merged->frame, look->location);
	else
		put_frame(page, merged->number, look->digits, merged->frame);
}

static int digits_of(size_t number)
{
	int digits = 1;

	while (number >= 10) {
		number /= 10;
		digits++;
	}
	return digits;
}

/* A column that is as wide as its widest entry. */
static struct look look_of(struct page *page, const struct fold_item *items, size_t count)
{
	struct look look = {.digits = 1, .location = PYTHON_COLUMNS};

	for (size_t i = 0; i < count; i++) {
		const struct merged_frame *merged = items[i].first;
		size_t columns = 0;

		if (items[i].left_out > 0)
			continue;
		if (merged->is_python)
			columns = text_columns(
					  frame_location(page, merged->frame, LOCATION_COLUMNS)) +
				  1;
		else if (digits_of(merged->number) > look.digits)
			look.digits = digits_of(merged->number);
		look.location = columns > look.location ? columns : look.location;
	}
	return look;
}

static struct fold_item *every_frame(struct arena *arena, const struct stack_view *view)
{
	struct fold_item *items = arena_array(arena, view->count, sizeof(*items));

	for (size_t i = 0; i < view->count; i++)
		items[i].first = &view->list[i];
	return items;
}

static void put_view(struct page *page, const struct stack_view *view, size_t shared)
{
	size_t count = view->count;
	struct fold_item *items =
		page->full_stacks ? every_frame(&page->arena, view)
				  : fold_frames(&page->arena, view->list, count - shared, &count);
	struct look look = look_of(page, items, count);

	for (size_t i = 0; i < count; i++)
		put_item(page, &items[i], &look);
}

void put_frames_since(struct page *page, const struct frames *frames, const struct frames *fork)
{
	struct stack_view view, forked;
	size_t shared = 0;

	if (page->full_stacks) {
		view = stack_view_whole(&page->arena, frames);
	} else {
		view = stack_view_of(&page->arena, frames);
		forked = stack_view_of(&page->arena, fork);
		shared = stack_view_shared(&view, &forked);
	}
	if (shared < LEAST_SHARED)
		shared = 0;
	put_view(page, &view, shared);
	put_remarks(page, frames, shared > 0);
}

void put_frames(struct page *page, const struct frames *frames)
{
	static const struct frames none;

	put_frames_since(page, frames, &none);
}

bool stack_is_known(const struct frames *frames)
{
	return frames->count > 0 || (frames->python != NULL && frames->python->count > 0);
}

void put_heading(struct page *page, const char *heading, const char *link,
		 const struct frames *frames)
{
	const char *ending = stack_is_known(frames) ? link : ": no stack is known";

	page_wrap(page, "  ", 4, arena_printf(&page->arena, "%s%s", heading, ending));
}

void put_section(struct page *page, const char *heading, const char *link,
		 const struct frames *frames)
{
	put_heading(page, heading, link, frames);
	put_frames(page, frames);
}
