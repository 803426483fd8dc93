/*
 * What a Python user need not see of a stack, and what must be said apart. Makes
 * other views of frames; never changes them.
 */
#ifndef FORKCHECK_PYTHON_VIEW_H
#define FORKCHECK_PYTHON_VIEW_H

#include "findings/finding.h"

/* Path of the interpreter's ELF file; NULL: no Python in this finding, or its code
 * could not be read. */
const char *python_interpreter(const struct finding *finding);

/* The native frames that the interpreter called; all of them where it called none. */
struct frames python_without_interpreter(const struct frames *stack, const char *interpreter);

/*
 * A child has its parent's frames for ever, and a thread is often created by the function
 * that forks later. This is such a stack without the callers that the fork has too, with
 * its Python frames in `python`; false: there is nothing to leave out.
 */
bool python_since_fork(const struct frames *stack, const struct frames *fork, struct frames *since,
		       struct python_frames *python);

/* The first of a run of frames, innermost first, of the import system, which only
 * passes on to a module that is being imported: Python's tracebacks leave it out. */
bool python_begins_import(const struct frame *frame);
bool python_is_import(const struct frame *frame);

#endif
