/*
 * What a Python user need not see of a stack is told by the names and places of its frames,
 * and by nothing else.
 */
#include "python_view.h"
#include "base/same_text.h"
#include <string.h>

/* The call of start(), say, from within a function that both have. */
#define LEAST_LEFT_OUT 3

static const char *module_of(const struct frames *stack)
{
	return stack->python && stack->python->count ? stack->python->module : NULL;
}

const char *python_interpreter(const struct finding *finding)
{
	const char *module = module_of(&finding->fork.stack);

	return module ? module : module_of(&finding->child.stack);
}

struct frames python_without_interpreter(const struct frames *stack, const char *interpreter)
{
	struct frames view = *stack;

	if (!interpreter)
		return view;
	view.python = NULL;
	for (size_t i = 0; i < stack->count; i++)
		if (same_text(stack->list[i].module, interpreter)) {
			view.count = i;
			view.complete = true;
			break;
		}
	return view;
}

static bool same_frame(const struct frame *one, const struct frame *other)
{
	return one->line == other->line && same_text(one->file, other->file) &&
	       same_text(one->function, other->function);
}

static size_t count_common(const struct python_frames *one, const struct python_frames *other)
{
	size_t count = 0;

	while (count < one->count && count < other->count &&
	       same_frame(&one->list[one->count - count - 1],
			  &other->list[other->count - count - 1]))
		count++;
	return count;
}

bool python_since_fork(const struct frames *stack, const struct frames *fork, struct frames *since,
		       struct python_frames *python)
{
	size_t common;
	uint64_t end;

	if (!stack->python || !fork->python || stack->python->is_truncated)
		return false;
	common = count_common(stack->python, fork->python);
	if (common < LEAST_LEFT_OUT || common >= stack->python->count)
		return false;
	*since = *stack;
	*python = *stack->python;
	python->count -= common;
	since->python = python;
	end = python->list[python->count].sp;
	while (end && since->count && since->list[since->count - 1].sp > end)
		since->count--;
	return true;
}

bool python_is_import(const struct frame *frame)
{
	static const char frozen[] = "<frozen importlib";

	return frame->file && strncmp(frame->file, frozen, sizeof(frozen) - 1) == 0;
}

bool python_begins_import(const struct frame *frame)
{
	return python_is_import(frame) && same_text(frame->function, "_call_with_frames_removed");
}
