/*
 * The native part of a Python program's stack ends where the interpreter's file begins.
 */
#include "python_view.h"
#include "base/same_text.h"
#include <stddef.h>

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
