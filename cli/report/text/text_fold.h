/* What of a stack a text report leaves out. */
#ifndef FORKCHECK_TEXT_FOLD_H
#define FORKCHECK_TEXT_FOLD_H

#include "base/arena.h"
#include "findings/stack_view.h"

/* A frame that is shown, or a run of frames that is left out. */
struct fold_item {
	const struct merged_frame *first;
	size_t left_out;   /* frames from `first` on; 0: it is shown */
	const char *whose; /* "libc", raw; NULL: not of runtimes only */
};

/*
 * `count` frames, innermost first, as items; their number goes to `items`. Runs of frames of
 * runtimes are one item each, but for the call that the user's code or a package made, and
 * the way into libc; so is the middle of what is very deep.
 */
struct fold_item *fold_frames(struct arena *arena, const struct merged_frame *list, size_t count,
			      size_t *items);

#endif
