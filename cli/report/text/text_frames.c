/* This part of a text report is a stack: one line for each frame, function left, source right. */
#include "text_parts.h"

#include "base/escape.h"
#include "base/library_names.h"
#include "merge_python.h"
#include "python_view.h"
#include "shorten.h"
#include <inttypes.h>
#include <string.h>

#define SYMBOL_COLUMNS   4096 /* looked at before a name is shortened */
#define LOCATION_COLUMNS 28
#define FUNCTION_COLUMNS 20 /* padded to; a longer name moves the source to the right */
#define PYTHON_COLUMNS   23 /* padded to: where the function of a Python frame stands */
#define INNERMOST        24
#define OUTERMOST        4

/* "pool.c:88", else "libfoo.so", else the address. */
static const char *frame_location(struct page *page, const struct frame *frame)
{
	struct arena *arena = &page->arena;
	const char *place = frame->file != NULL ? frame->file : frame->module;

	if (place == NULL)
		return arena_printf(arena, "0x%" PRIx64, frame->pc);
	place = page_name(page, path_basename(place), SYMBOL_COLUMNS);
	place = shorten_middle(arena, place, LOCATION_COLUMNS);
	if (frame->file != NULL && frame->line > 0)
		return arena_printf(arena, "%s:%d", place, frame->line);
	if (frame->file == NULL && frame->function == NULL)
		return arena_printf(arena, "%s+0x%" PRIx64, place, frame->offset);
	return place;
}

/* "popen_fork.py:66"; a name that packages share takes the package's along. */
static const char *python_location(struct page *page, const struct frame *frame)
{
	const char *file = frame->file != NULL ? frame->file : "?";
	const char *name = path_basename(file);

	if (strncmp(name, "__", 2) == 0 && name > file)
		for (name--; name > file && name[-1] != '/';)
			name--;
	name = shorten_middle(&page->arena, page_name(page, name, SYMBOL_COLUMNS),
			      LOCATION_COLUMNS);
	if (frame->line <= 0)
		return name;
	return arena_printf(&page->arena, "%s:%d", name, frame->line);
}

static void put_python_frame(struct page *page, const struct frame *frame)
{
	const char *location = python_location(page, frame);
	const char *function = page_name(page, frame->function, SYMBOL_COLUMNS);
	size_t columns = text_columns(location);
	size_t gap = columns < PYTHON_COLUMNS ? PYTHON_COLUMNS - columns : 1;
	size_t taken = strlen("    ") + columns + gap + strlen("in ");

	if (function == NULL)
		function = "?";
	if (taken < page->width)
		function = shorten_function(&page->arena, function, page->width - taken);
	fprintf(page->stream, "    %s%*sin %s\n", location, (int)gap, "", function);
}

static void put_frame(struct page *page, size_t number, int digits, const struct frame *frame)
{
	const char *location = frame_location(page, frame);
	const char *prefix = arena_printf(&page->arena, "    #%-*zu ", digits, number);
	const char *function = page_name(page, frame->function, SYMBOL_COLUMNS);
	size_t taken = text_columns(prefix) + 2 + text_columns(location);
	size_t columns;

	if (function == NULL)
		function = "(no symbol)";
	if (taken < page->width)
		function = shorten_function(&page->arena, function, page->width - taken);
	columns = text_columns(function);
	fprintf(page->stream, "%s%s%*s%s\n", prefix, function,
		columns + 2 <= FUNCTION_COLUMNS ? (int)(FUNCTION_COLUMNS - columns) : 2, "",
		location);
}

static bool is_libc(const struct frame *frame)
{
	return library_is_libc(frame->module);
}

/* _start, which a stripped program has no name for, below libc's main. */
static bool is_program_entry(const struct frame *outermost)
{
	if (outermost->function != NULL)
		return strcmp(outermost->function, "_start") == 0;
	return is_libc(outermost - 1);
}

/*
 * Everybody's stack begins in libc: _start calls __libc_start_main, clone3
 * calls start_thread. A reader wants what comes after; machines read JSON.
 */
static size_t count_shown(const struct frames *frames)
{
	size_t count = frames->count;

	if (!frames->complete || count < 2)
		return count;
	if (is_program_entry(&frames->list[count - 1]))
		count--;
	while (count > 0 && is_libc(&frames->list[count - 1]))
		count--;
	return count > 0 ? count : frames->count;
}

static void put_remarks(struct page *page, const struct frames *frames,
			const struct python_frames *python)
{
	if (frames->first_seen)
		page_line(page, "    (kept from an earlier pass: the callers may have differed)");
	if (python->problem != NULL)
		page_wrap(page, "    (", 5,
			  arena_printf(&page->arena, "no Python frames: %s)", python->problem));
	/* Of a stack that Python frames end, nobody misses the interpreter's own start. */
	if (python->is_truncated)
		page_line(page, "    (further Python frames were left out)");
	else if (!frames->complete && frames->count > 0 && python->count == 0)
		page_line(page, "    (the stack was cut here)");
}

/* In place. Returns the number that is left. */
static size_t drop_imports(struct merged_frame *merged, size_t count)
{
	size_t kept = 0, i = 0;

	while (i < count) {
		if (!merged[i].is_python || !python_begins_import(merged[i].frame)) {
			merged[kept++] = merged[i++];
			continue;
		}
		while (i < count && merged[i].is_python && python_is_import(merged[i].frame))
			i++;
	}
	return kept;
}

static void put_merged(struct page *page, const struct merged_frame *merged, int digits)
{
	if (merged->is_python)
		put_python_frame(page, merged->frame);
	else
		put_frame(page, merged->number, digits, merged->frame);
}

/*
 * How many frames to leave out from here on. Python frames are what a reader
 * can act on, and lie behind the frames of the library that they called.
 */
static size_t count_omitted(const struct merged_frame *merged, size_t count, size_t from,
			    size_t python_shown)
{
	size_t end = from;

	if (from < INNERMOST)
		return 0;
	while (end + OUTERMOST < count && (!merged[end].is_python || python_shown >= INNERMOST))
		end++;
	return end - from > 1 ? end - from : 0;
}

void put_frames(struct page *page, const struct frames *frames)
{
	static const struct python_frames none;
	const struct python_frames *python = frames->python != NULL ? frames->python : &none;
	size_t native = count_shown(frames), count, python_shown = 0;
	struct merged_frame *merged =
		merge_python(&page->arena, frames->list, native, python, &count);

	count = drop_imports(merged, count);

	for (size_t i = 0; i < count; i++) {
		size_t omitted = count_omitted(merged, count, i, python_shown);

		if (omitted > 0) {
			fprintf(page->stream, "    ... %zu more frames ...\n", omitted);
			i += omitted;
		}
		put_merged(page, &merged[i], native > 10 ? 2 : 1);
		python_shown += merged[i].is_python;
	}
	put_remarks(page, frames, python);
}

/* Python is often deep: what a stack shares with that of the fork is shown there. */
void put_frames_since(struct page *page, const struct frames *frames, const struct frames *fork)
{
	struct frames since;
	struct python_frames python;

	if (!python_since_fork(frames, fork, &since, &python)) {
		put_frames(page, frames);
		return;
	}
	put_frames(page, &since);
	page_line(page, "    (the rest is as at the fork)");
}
