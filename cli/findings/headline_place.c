/*
 * One frame stands for a stack, chosen by whose source it is in: native and Python frames
 * together, as they called each other.
 */
#include "headline_place.h"
#include "base/library_names.h"
#include "base/same_text.h"
#include "origins/origin.h"
#include "stack_view.h"

/* What nobody has asked about is the user's own, like what is not known. */
static enum origin_kind kind_of(const struct frame *frame)
{
	return frame->origin ? frame->origin->kind : ORIGIN_OWN;
}

static bool is_telling(const struct frame *frame)
{
	return frame->function || frame->file;
}

/* The innermost of that kind, first with a name. `count`: there is none. */
static size_t find_kind(const struct merged_frame *list, size_t count, enum origin_kind kind)
{
	size_t nameless = count;

	for (size_t i = 0; i < count; i++) {
		if (kind_of(list[i].frame) != kind)
			continue;
		if (is_telling(list[i].frame))
			return i;
		if (nameless == count)
			nameless = i;
	}
	return nameless;
}

/* Of an interpreter's stack the innermost line of Python says more than the C below it; a
 * library's way in says more than its inner functions. */
static size_t find_runtime(const struct merged_frame *list, size_t count)
{
	size_t found = find_kind(list, count, ORIGIN_RUNTIME);

	for (size_t i = 0; i < count; i++)
		if (list[i].is_python && is_telling(list[i].frame))
			return i;
	while (found + 1 < count && list[found + 1].frame->function &&
	       same_text(list[found + 1].frame->module, list[found].frame->module))
		found++;
	return found;
}

/* Of a package's frames that with a line, for it can be looked up; else the innermost. */
static const struct frame *find_inside(const struct merged_frame *list, size_t count)
{
	size_t innermost = find_kind(list, count, ORIGIN_PACKAGE);

	for (size_t i = innermost; i < count; i++)
		if (kind_of(list[i].frame) == ORIGIN_PACKAGE && list[i].frame->line > 0)
			return list[i].frame;
	return innermost < count ? list[innermost].frame : NULL;
}

/* The call into a language's library says what the line does; one into libc, what it waits in. */
static const struct frame *called_runtime(const struct merged_frame *list, size_t chosen)
{
	const struct frame *called = chosen > 0 ? list[chosen - 1].frame : NULL;

	return called && called->function && !library_is_of_libc(called->module) ? called : NULL;
}

static struct headline_place choose(const struct merged_frame *list, size_t count)
{
	size_t chosen = find_kind(list, count, ORIGIN_OWN);
	struct headline_place place = {0};

	if (chosen < count) {
		place.inside = find_inside(list, chosen);
		if (!place.inside)
			place.inside = called_runtime(list, chosen);
	} else {
		chosen = find_kind(list, count, ORIGIN_PACKAGE);
	}
	if (chosen == count)
		chosen = find_runtime(list, count);
	if (chosen < count)
		place.frame = list[chosen].frame;
	return place;
}

struct headline_place headline_place(struct arena *arena, const struct frames *stack)
{
	struct stack_view view = stack_view_of(arena, stack);

	return choose(view.list, view.count);
}

struct headline_place headline_place_since(struct arena *arena, const struct frames *stack,
					   const struct frames *fork)
{
	struct stack_view view = stack_view_of(arena, stack);
	struct stack_view forked = stack_view_of(arena, fork);

	return choose(view.list, view.count - stack_view_shared(&view, &forked));
}

bool headline_place_is_own(const struct headline_place *place)
{
	return place->frame && kind_of(place->frame) == ORIGIN_OWN;
}
