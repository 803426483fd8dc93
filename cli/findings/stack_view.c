/*
 * A stack as a reader wants it is made here by the names and places of its frames, and by
 * nothing else.
 */
#include "stack_view.h"
#include "base/library_names.h"
#include "base/same_text.h"
#include <string.h>

static bool is_libc(const struct frame *frame)
{
	return library_is_libc(frame->module);
}

/* _start, which a stripped program has no name for, below libc's main. */
static bool is_program_entry(const struct frame *outermost)
{
	if (outermost->function)
		return strcmp(outermost->function, "_start") == 0;
	return is_libc(outermost - 1);
}

/*
 * Everybody's stack begins in libc: _start calls __libc_start_main, clone3
 * calls start_thread. A reader wants what comes after; machines read JSON.
 */
static size_t count_without_entry(const struct frames *frames)
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

static bool is_import(const struct merged_frame *merged)
{
	static const char frozen[] = "<frozen importlib";

	return merged->is_python && merged->frame->file &&
	       strncmp(merged->frame->file, frozen, sizeof(frozen) - 1) == 0;
}

/* The first of a run of frames, innermost first, of the import system, which only passes on
 * to a module that is being imported: Python's tracebacks leave it out. */
static bool begins_import(const struct merged_frame *merged)
{
	return is_import(merged) && same_text(merged->frame->function, "_call_with_frames_removed");
}

static void drop_imports(struct stack_view *view)
{
	size_t kept = 0, i = 0;

	while (i < view->count) {
		if (!begins_import(&view->list[i])) {
			view->list[kept++] = view->list[i++];
			continue;
		}
		while (i < view->count && is_import(&view->list[i]))
			i++;
	}
	view->count = kept;
}

static struct stack_view stack_view_merge(struct arena *arena, const struct frames *frames,
					  size_t native)
{
	static const struct python_frames none;
	const struct python_frames *python = frames->python ? frames->python : &none;
	struct stack_view view = {
		.is_whole = python->count ? !python->is_truncated : frames->complete,
	};

	view.list = merge_python(arena, frames->list, native, python, &view.count);
	return view;
}

struct stack_view stack_view_of(struct arena *arena, const struct frames *frames)
{
	struct stack_view view = stack_view_merge(arena, frames, count_without_entry(frames));

	drop_imports(&view);
	return view;
}

struct stack_view stack_view_whole(struct arena *arena, const struct frames *frames)
{
	return stack_view_merge(arena, frames, frames->count);
}

static bool is_same_frame(const struct merged_frame *one, const struct merged_frame *other)
{
	const struct frame *left = one->frame, *right = other->frame;

	return one->is_python == other->is_python && left->line == right->line &&
	       same_text(left->file, right->file) && same_text(left->function, right->function) &&
	       same_text(left->module, right->module) &&
	       (left->file || left->offset == right->offset);
}

size_t stack_view_shared(const struct stack_view *view, const struct stack_view *fork)
{
	size_t count = 0;

	/* What was cut has another frame outermost. */
	if (!view->is_whole || !fork->is_whole)
		return 0;
	while (count + 1 < view->count && count + 1 < fork->count &&
	       is_same_frame(&view->list[view->count - count - 1],
			     &fork->list[fork->count - count - 1]))
		count++;
	return count;
}
