/*
 * A page of text: lines of a bounded width, wrapped with hanging indents.
 *
 * The page is composed in memory and written in one piece: the program under
 * test writes to the same terminal, and standard error is not buffered.
 */
#ifndef FORKCHECK_PAGE_H
#define FORKCHECK_PAGE_H

#include "base/arena.h"
#include "report/formats.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct page {
	FILE *stream;
	char *bytes;
	size_t size;
	size_t width;
	bool color;
	bool full_stacks;
	struct arena arena; /* for the strings that are shown; released with the page */
};

/* 0, or -1 with errno. */
int page_open(struct page *page, const struct render_options *options);
/* Writes the page to `stream` and releases it. 0, or -1 with errno. */
int page_close(struct page *page, FILE *stream);

/*
 * What stands between these marks in a text for page_wrap() is bold where there is colour, and
 * is never broken. Names of strangers cannot have them: they are control characters.
 */
#define PAGE_BOLD  "\001"
#define PAGE_PLAIN "\002"
/* A space at which no line is broken. */
#define PAGE_SPACE "\003"

/*
 * Text after `prefix`, later lines indented by `hanging` columns. Breaks at
 * spaces; a word longer than a line is broken where the line ends.
 */
void page_wrap(struct page *page, const char *prefix, size_t hanging, const char *text);
void page_line(struct page *page, const char *text);

/* A name of a stranger, safe to print and at most `columns` wide. NULL stays NULL. */
const char *page_name(struct page *page, const char *name, size_t columns);
/* "rayon-core 1.13.0", or the name alone. NULL: it is no package, or has no name. */
const char *page_package(struct page *page, const struct origin *origin);
/* A sentence that may contain names of strangers. */
const char *page_sentence(struct page *page, const char *text);
/* The text with spaces at which page_wrap() breaks no line. */
const char *page_unbroken(struct page *page, const char *text);
/* "1 error", "2 errors": `singular` takes an s, or `plural` where it is not NULL. */
const char *page_count(struct page *page, uint64_t count, const char *singular, const char *plural);

#endif
