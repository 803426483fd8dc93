/*
 * Comparing a report with what is true. Every function returns NULL where it
 * is as expected, else what is wrong, in memory that the next call reuses.
 */
#ifndef CASES_EXPECT_H
#define CASES_EXPECT_H

#include <jansson.h>

/* The object holds that text under that key; "" stands for null or nothing. NULL: not asked. */
const char *expect_text(const json_t *object, const char *key, const char *expected);

/*
 * A stack begins with these frames, innermost first, counting only frames of
 * these source files. Frames are "function@MARK", separated by blanks: the
 * line is the one whose comment says MARK. NULL: not asked.
 */
const char *expect_stack(const json_t *stack, const char *frames, const char *sources);

/* The report is complete and its numbers agree with its findings. */
const char *expect_contract(const json_t *report);

#endif
