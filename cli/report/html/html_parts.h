/*
 * The pieces of an HTML report. It is well-formed XML, too: what parses it needs to know nothing of
 * HTML, and a name that broke out of its place would be seen by any parser.
 */
#ifndef FORKCHECK_HTML_PARTS_H
#define FORKCHECK_HTML_PARTS_H

#include "base/arena.h"
#include "report/formats.h"

#define HTML_NAME_COLUMNS 160  /* of a name, a path, a cell */
#define HTML_TEXT_COLUMNS 4096 /* of a sentence */

struct html {
	FILE *stream;
	struct arena arena;
	const struct report *report;
	const char *root; /* of the repository; NULL: none */
};

/* A text of a stranger as that of an element or an attribute; NULL is "". */
const char *html_text(struct html *html, const char *text, size_t columns);

/* An element with such a text, and nothing where the text is NULL. `tag`: "p", or with attributes
 * of our own: "p class=\"why\"". */
void html_put(struct html *html, const char *tag, const char *text, size_t columns);

/* "src/log.c:28 log_write" or "libfoo.so+0x12 do_it", not escaped. NULL: nothing is known. */
const char *html_frame_words(struct html *html, const struct frame *frame);

/* The styles, for a screen of any width, light or dark, and for paper. */
void html_put_style(FILE *stream);

/* --- drawings: 300 units wide, what a phone has in a card ----------------------------------------
 */

#define SVG_WIDTH 300

void svg_begin(struct html *html, int height, const char *title);
void svg_end(struct html *html);
void svg_line(struct html *html, const char *class, int left, int top, int right, int bottom);
void svg_bar(struct html *html, const char *class, int x, int y, int width, int height);
/* At most `columns` characters of a text of a stranger; `anchor`: "start", "middle", "end". */
void svg_text(struct html *html, const char *class, const char *anchor, int x, int y,
	      const char *text, size_t columns);

/* Who had what, and when, as seen from the fork; nothing where no fork is known. */
void html_put_timeline(struct html *html, const struct finding *finding);
/* Who waits for whom; nothing where nobody does. */
void html_put_graph(struct html *html, const struct finding *finding);

/* One finding, whole. */
void html_put_finding(struct html *html, const struct finding *finding);

/* What stands below the findings: libraries, places that forked, processes. */
void html_put_tables(struct html *html);

#endif
