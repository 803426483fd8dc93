/*
 * What of a native stack is Python's doing. Makes other views of frames; never changes
 * them.
 */
#ifndef FORKCHECK_PYTHON_VIEW_H
#define FORKCHECK_PYTHON_VIEW_H

#include "finding.h"

/* Path of the interpreter's ELF file; NULL: no Python in this finding, or its code
 * could not be read. */
const char *python_interpreter(const struct finding *finding);

/* The native frames that the interpreter called; all of them where it called none. */
struct frames python_without_interpreter(const struct frames *stack, const char *interpreter);

#endif
