/*
 * A stack is folded by whose source its frames are in: a reader can change his own, and looks
 * for that of a package; what a runtime does between is the same in every program.
 */
#include "text_fold.h"
#include "base/library_names.h"
#include "base/same_text.h"
#include "origins/origin.h"
#include <ctype.h>
#include <string.h>

#define LEAST_FOLDED 2 /* a line that stands for one frame saves nothing */
#define INNERMOST    24
#define OUTERMOST    4
#define NAMED        2 /* runtimes, in the line that stands for their frames */
/* Of a package's functions whose lines are not known, one after the other. */
#define SOURCELESS_ENDS   3 /* shown of each end */
#define SOURCELESS_FOLDED 3 /* between them, at least */

static bool is_of(const struct merged_frame *merged, enum origin_kind kind)
{
	return merged->frame->origin && merged->frame->origin->kind == kind;
}

static bool is_runtime(const struct merged_frame *merged)
{
	return is_of(merged, ORIGIN_RUNTIME);
}

/* "std" of "<std::sys::sync::Once>::call", with "::" behind it; "runtime" of "runtime.gopark",
 * with "."; NULL: the name has no such part. */
static const char *namespace_of(struct arena *arena, const char *function, const char *separator)
{
	const char *start, *end;

	if (!function)
		return NULL;
	start = function + strspn(function, "<&*");
	for (end = start; isalnum((unsigned char)*end) || *end == '_' || *end == '/';)
		end++;
	if (end == start || strncmp(end, separator, strlen(separator)) != 0)
		return NULL;
	return arena_strndup(arena, start, (size_t)(end - start));
}

/* "libc" of "/lib/libc.so.6"; NULL where other code than the runtime's is in the file, too. */
static const char *family_of(struct arena *arena, const struct frame *frame)
{
	const char *name = library_canonical(arena, frame->module);
	const char *end = name && !frame->origin->file ? strstr(name, ".so") : NULL;

	return end ? arena_strndup(arena, name, (size_t)(end - name)) : NULL;
}

/* NULL: not known. */
static const char *runtime_name(struct arena *arena, const struct merged_frame *merged)
{
	const struct frame *frame = merged->frame;
	const char *name = merged->is_python ? "Python's library" : frame->origin->package;

	if (!name)
		name = namespace_of(arena, frame->function, "::");
	if (!name)
		name = family_of(arena, frame);
	return name ? name : namespace_of(arena, frame->function, ".");
}

/* "libc", "std and core", "std, core and others" */
static const char *runtime_names(struct arena *arena, const struct merged_frame *list, size_t count)
{
	const char *names[NAMED + 1] = {0};
	size_t known = 0;

	for (size_t i = 0; i < count && known <= NAMED; i++) {
		const char *name = runtime_name(arena, &list[i]);
		size_t same = 0;

		while (same < known && !same_text(names[same], name))
			same++;
		if (name && same == known)
			names[known++] = name;
	}
	if (!known)
		return "a language's library";
	if (known > NAMED)
		return arena_printf(arena, "%s, %s and others", names[0], names[1]);
	return known == 1 ? names[0] : arena_printf(arena, "%s and %s", names[0], names[1]);
}

/* The function of libc that a stack is in, as it was called: libc gets further in by itself. */
static size_t find_entered(const struct merged_frame *list, size_t count)
{
	size_t entered = 0;

	while (entered < count && !list[entered].is_python &&
	       library_is_of_libc(list[entered].frame->module))
		entered++;
	return entered ? entered - 1 : 0;
}

struct fold {
	struct fold_item *items;
	size_t count;
};

static void fold_show(struct fold *fold, const struct merged_frame *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		fold->items[fold->count++] = (struct fold_item){.first = &list[i]};
}

static void fold_leave_out(struct arena *arena, struct fold *fold, const struct merged_frame *list,
			   size_t count)
{
	if (count < LEAST_FOLDED)
		fold_show(fold, list, count);
	else
		fold->items[fold->count++] = (struct fold_item){
			.first = list,
			.left_out = count,
			.whose = runtime_names(arena, list, count),
		};
}

/* The innermost run is what the stack is stuck in: the way into libc, and the call that led to
 * it all, stay. */
static void fold_innermost(struct arena *arena, struct fold *fold, const struct merged_frame *list,
			   size_t count)
{
	size_t entered = find_entered(list, count);

	fold_leave_out(arena, fold, list, entered);
	fold_show(fold, &list[entered], 1);
	if (entered + 1 == count)
		return;
	fold_leave_out(arena, fold, &list[entered + 1], count - entered - 2);
	fold_show(fold, &list[count - 1], 1);
}

/* Nobody can look up what is between the way into a stripped library and the way out. */
static size_t sourceless_length(const struct merged_frame *list, size_t count)
{
	size_t length = 0;

	while (length < count && !list[length].is_python && is_of(&list[length], ORIGIN_PACKAGE) &&
	       list[length].frame->line <= 0 && list[length].frame->module &&
	       same_text(list[length].frame->module, list[0].frame->module))
		length++;
	return length;
}

static size_t fold_package(struct fold *fold, const struct merged_frame *list, size_t count)
{
	size_t length = sourceless_length(list, count);

	if (length < 2 * SOURCELESS_ENDS + SOURCELESS_FOLDED) {
		fold_show(fold, list, length ? length : 1);
		return length ? length : 1;
	}
	fold_show(fold, list, SOURCELESS_ENDS);
	fold->items[fold->count++] = (struct fold_item){
		.first = list + SOURCELESS_ENDS,
		.left_out = length - 2 * SOURCELESS_ENDS,
		.whose = library_file_name(list->frame->module),
	};
	fold_show(fold, list + length - SOURCELESS_ENDS, SOURCELESS_ENDS);
	return length;
}

static size_t run_length(const struct merged_frame *list, size_t count)
{
	size_t length = 0;

	while (length < count && is_runtime(&list[length]))
		length++;
	return length;
}

static void fold_runs(struct arena *arena, struct fold *fold, const struct merged_frame *list,
		      size_t count)
{
	for (size_t i = 0; i < count;) {
		size_t length = run_length(&list[i], count - i);

		if (!length)
			length = fold_package(fold, &list[i], count - i);
		else if (!i)
			fold_innermost(arena, fold, list, length);
		else
			fold_leave_out(arena, fold, &list[i], length);
		i += length;
	}
}

/* Where all is a runtime's, nothing else is there to read. */
static void fold_runtime_only(struct arena *arena, struct fold *fold,
			      const struct merged_frame *list, size_t count)
{
	size_t entered = find_entered(list, count);

	fold_leave_out(arena, fold, list, entered);
	fold_show(fold, &list[entered], count - entered);
}

static bool stays(const struct fold_item *item, size_t *python_shown)
{
	return !item->left_out && item->first->is_python && (*python_shown)++ < INNERMOST;
}

/* Python frames are what a reader can act on, and lie behind the frames of the library that
 * they called. */
static void fold_middle(struct fold *fold)
{
	size_t kept = 0, python_shown = 0;

	for (size_t i = 0; i < fold->count; i++) {
		struct fold_item *item = &fold->items[i], *last = &fold->items[kept ? kept - 1 : 0];
		bool is_kept =
			i < INNERMOST || i + OUTERMOST >= fold->count || stays(item, &python_shown);
		size_t frames = item->left_out ? item->left_out : 1;

		if (is_kept || i == INNERMOST || last->whose || !last->left_out) {
			fold->items[kept] = *item;
			if (!is_kept)
				fold->items[kept] = (struct fold_item){item->first, frames, NULL};
			kept++;
		} else {
			last->left_out += frames;
		}
	}
	fold->count = kept;
}

struct fold_item *fold_frames(struct arena *arena, const struct merged_frame *list, size_t count,
			      size_t *items)
{
	struct fold fold = {.items = arena_array(arena, count, sizeof(*fold.items))};

	if (count && run_length(list, count) == count)
		fold_runtime_only(arena, &fold, list, count);
	else
		fold_runs(arena, &fold, list, count);
	fold_middle(&fold);
	*items = fold.count;
	return fold.items;
}
