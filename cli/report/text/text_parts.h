/*
 * The pieces of a text report that have files of their own.
 */
#ifndef FORKCHECK_TEXT_PARTS_H
#define FORKCHECK_TEXT_PARTS_H

#include "findings/finding_words.h"
#include "page.h"

#define NAME_COLUMNS   64   /* of a name within a sentence */
#define SYMBOL_COLUMNS 4096 /* looked at before a name is shortened */

/* "pool.c:88", "posthog/client.py:485", else "libfoo.so", else the address. The name of the
 * file has at most so many columns. */
const char *frame_location(struct page *page, const struct frame *frame, size_t columns);
/* The function's name, shortened to so many columns; NULL where it has none. */
const char *frame_function(struct page *page, const struct frame *frame, size_t columns);

/* "worker.c:88 handle_request", in one piece; without a line "handle_request of worker". For
 * page_wrap(): it has marks, also where it is not bold. */
const char *frame_words(struct page *page, const struct frame *frame, bool is_bold);

/* Is there any frame, native or Python's? */
bool stack_is_known(const struct frames *frames);
/* The lines of a stack. Nothing for an empty one. */
void put_frames(struct page *page, const struct frames *frames);
/* The same, without the frames that the stack of the fork has as well. */
void put_frames_since(struct page *page, const struct frames *frames, const struct frames *fork);
/* A heading with its stack below; `link` joins them, as in "since:". */
void put_section(struct page *page, const char *heading, const char *link,
		 const struct frames *frames);
/* The heading alone: with `link`, or saying that no stack is known. */
void put_heading(struct page *page, const char *heading, const char *link,
		 const struct frames *frames);

/* The lines to read first: where it waits, where it was forked, who, and the cure. */
void put_headline(struct page *page, const struct finding *finding);

/* Lock, fork, holder, child and so on, each where it is present. */
bool has_parts(const struct finding *finding);
void put_parts(struct page *page, const struct finding *finding);

/* "M1" where there is a lock to call so. */
const char *lock_label(const struct finding *finding);
/* Who held the lock, since when and from where, and who created that thread. */
void put_holder(struct page *page, const struct finding *finding, const struct cast *cast);
/* Each process of a ring of waits, and what it waits for. */
void put_cycle(struct page *page, const struct finding *finding);
/* Who has what a fork() waits for, where that one stands, and so on. */
void put_blocked(struct page *page, const struct finding *finding);

/* Of a prediction: the other locks that it is about, and how likely it is. */
void put_prediction(struct page *page, const struct finding *finding);

/* The threads that are missing; nothing where none are. */
void put_missing(struct page *page, const struct finding *finding);

/* The processes that were attached to: a verdict each, their tree, their threads. */
void put_attached(struct page *page, const struct report *report);

/* The table of --summary=libraries, where it is asked for. */
void put_fork_safety(struct page *page, const struct report *report);

/*
 * What closes a report: what could not be seen, the table of libraries, the
 * summary line. Nothing for a clean run.
 */
void put_summary(struct page *page, const struct report *report);

#endif
