/*
 * The pieces of a text report that have files of their own.
 */
#ifndef FORKCHECK_TEXT_PARTS_H
#define FORKCHECK_TEXT_PARTS_H

#include "page.h"

#define NAME_COLUMNS 64 /* of a name within a sentence */

/* The lines of a stack. Nothing for an empty one. */
void put_frames(struct page *page, const struct frames *frames);
/* The same, without the Python frames that the stack of the fork has as well. */
void put_frames_since(struct page *page, const struct frames *frames, const struct frames *fork);

/* The process itself hangs in fork(): it has no child. */
bool is_in_fork(const struct finding *finding);

/* Lock, fork, holder, child and so on, each where it is present. */
bool has_parts(const struct finding *finding);
void put_parts(struct page *page, const struct finding *finding);

/* The threads that are missing; nothing where none are. */
void put_missing(struct page *page, const struct finding *finding);

/*
 * What closes a report: what could not be seen, the table of libraries, the
 * summary line. Nothing for a clean run.
 */
void put_summary(struct page *page, const struct report *report);

#endif
