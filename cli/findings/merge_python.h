/*
 * One stack from two: the native frames with the Python frames in the place of
 * the interpreter's own.
 */
#ifndef FORKCHECK_MERGE_PYTHON_H
#define FORKCHECK_MERGE_PYTHON_H

#include "base/arena.h"
#include "unwind/frame.h"

struct merged_frame {
	const struct frame *frame;
	size_t number; /* of a native frame */
	bool is_python;
};

/*
 * Merges `count` native frames with `python`, innermost first. A Python frame
 * stands where the C frame is that evaluates it; where that is not known,
 * where the interpreter's innermost frame is.
 */
struct merged_frame *merge_python(struct arena *arena, const struct frame *native, size_t count,
				  const struct python_frames *python, size_t *merged);

#endif
