/*
 * Python frames take the places of the interpreter's own by stack address: the evaluator's C
 * frame reaches from its stack pointer to that of its caller. Not by the name of the
 * evaluator, for it may have been inlined, stripped, or split (tail-call interpreters).
 */
#include "merge_python.h"
#include <string.h>

struct merge {
	struct merged_frame *out;
	size_t count;
	const struct python_frames *python;
	size_t next; /* the first Python frame that has no place yet */
};

/* Where the stack of the caller begins; inlined functions share theirs. */
static uint64_t caller_sp(const struct frame *native, size_t count, size_t i)
{
	for (size_t k = i + 1; k < count; k++)
		if (native[k].sp > native[i].sp)
			return native[k].sp;
	return native[i].sp;
}

static void put_python(struct merge *merge, size_t end)
{
	for (; merge->next < end; merge->next++)
		merge->out[merge->count++] = (struct merged_frame){
			.frame = &merge->python->list[merge->next], .is_python = true};
}

/* The end of the Python frames that are evaluated between two stack pointers. */
static size_t find_end(const struct merge *merge, uint64_t from, uint64_t to)
{
	size_t end = merge->next;

	for (size_t i = merge->next; i < merge->python->count; i++)
		if (merge->python->list[i].sp >= from && merge->python->list[i].sp < to)
			end = i + 1;
	return end;
}

static bool merge_python_is_interpreters(const struct frame *frame,
					 const struct python_frames *python)
{
	return frame->module && python->module && strcmp(frame->module, python->module) == 0;
}

static bool any_has_place(const struct merge *merge, const struct frame *native, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (find_end(merge, native[i].sp, caller_sp(native, count, i)))
			return true;
	return false;
}

struct merged_frame *merge_python(struct arena *arena, const struct frame *native, size_t count,
				  const struct python_frames *python, size_t *merged)
{
	struct merge merge = {
		.out = arena_array(arena, count + python->count, sizeof(*merge.out)),
		.python = python,
	};
	bool by_address = any_has_place(&merge, native, count);

	for (size_t i = 0; i < count; i++) {
		/* Without Python frames the interpreter's own are all that there is to show. */
		if (!python->count || !merge_python_is_interpreters(&native[i], python)) {
			merge.out[merge.count++] = (struct merged_frame){&native[i], i, false};
			continue;
		}
		put_python(&merge,
			   by_address ? find_end(&merge, native[i].sp, caller_sp(native, count, i))
				      : python->count);
	}
	put_python(&merge, python->count);
	*merged = merge.count;
	return merge.out;
}
