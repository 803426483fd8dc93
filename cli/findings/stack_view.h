/*
 * What a reader sees of a stack: native and Python frames as one list, without what
 * every stack of its kind has. Makes other lists of frames; never changes them.
 */
#ifndef FORKCHECK_STACK_VIEW_H
#define FORKCHECK_STACK_VIEW_H

#include "merge_python.h"

struct stack_view {
	struct merged_frame *list; /* innermost first; the arena's, its frames the stack's */
	size_t count;
	bool is_whole; /* it reaches to where the thread began */
};

/* Without the entry of the program or thread and without Python's import system. */
struct stack_view stack_view_of(struct arena *arena, const struct frames *frames);

/* Every frame that there is. */
struct stack_view stack_view_whole(struct arena *arena, const struct frames *frames);

/*
 * How many of the outermost frames are those of `fork` too: a child has its parent's frames
 * for ever, and a thread is often created by the function that forks later. The function that
 * called fork() is never one of them: the child has returned to it.
 */
size_t stack_view_shared(const struct stack_view *view, const struct stack_view *fork);

#endif
