/*
 * The fork-safety table: which library makes the process unsafe to fork?
 */
#ifndef FORKCHECK_LIBRARIES_H
#define FORKCHECK_LIBRARIES_H

#include "finding.h"
#include "session/model.h"

/*
 * Fills the report's libraries: one for each file that was mapped in a process
 * that forked, with what it did there and the report's findings about it.
 */
void libraries_fill(struct model *model, struct arena *arena, struct report *report);

/* A library that did nothing takes no part in the answer to "which one is it?". */
bool library_is_telling(const struct library *library);

/* Counts the report's findings anew. */
void libraries_blame(struct library *libraries, size_t count, const struct report *report);

/* Errors first, then threads. */
void libraries_sort(struct library *libraries, size_t count);

#endif
