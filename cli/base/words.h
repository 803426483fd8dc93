/* A line of words as a shell has them, without expansions: blanks, quotes, backslashes. */
#ifndef FORKCHECK_WORDS_H
#define FORKCHECK_WORDS_H

/*
 * The words of `text`, NULL-terminated, and their number. One block of memory,
 * malloc'ed. NULL: a quote is not closed, a backslash is the last character, or
 * there is no memory; errno is EINVAL or ENOMEM.
 */
char **words_split(const char *text, int *count);

#endif
