/*
 * Comparing a report with what is true. What returns text returns NULL where
 * it is as expected, else what is wrong, in memory that the next call reuses.
 */
#ifndef CASES_EXPECT_H
#define CASES_EXPECT_H

#include <jansson.h>

/* The object holds that text under that key; "" stands for null or nothing. NULL: not asked. */
const char *expect_text(const json_t *object, const char *key, const char *expected);

/* The text under that key has these words in it. */
const char *expect_words(const json_t *object, const char *key, const char *words);

/* The first object of the list that has that text under that key, or NULL. */
const json_t *expect_member(const json_t *list, const char *key, const char *text);

/*
 * A stack begins with these frames, innermost first, counting only frames of
 * these source files. Frames are "function@MARK", separated by blanks: the
 * line is the one whose comment says MARK. NULL: not asked.
 */
const char *expect_stack(const json_t *stack, const char *frames, const char *sources);

/* The report is complete and its numbers agree with its findings. */
const char *expect_contract(const json_t *report);

#endif
