/*
 * Strings of strangers made safe: for a terminal, and for a document in UTF-8.
 *
 * Names of symbols, threads and files come from the program under test, which
 * may be hostile. Nothing of them reaches a stream without one of these.
 */
#ifndef FORKCHECK_ESCAPE_H
#define FORKCHECK_ESCAPE_H

#include "arena.h"
#include <stddef.h>

/*
 * Printable text of at most `columns` columns, cut with "..." where it is
 * longer. Control characters (C0, DEL, C1), line separators, bidirectional
 * overrides and invalid UTF-8 are written as \xNN, byte by byte.
 */
char *escape_terminal(struct arena *arena, const char *text, size_t columns);

/*
 * Valid UTF-8 of at most about `limit` bytes of `text`, cut with "..." where
 * it is longer. A byte that is no part of valid UTF-8, or DEL, becomes U+FFFD.
 */
char *escape_utf8(struct arena *arena, const char *text, size_t limit);

/*
 * The text of an XML element or attribute: as escape_utf8(), with the five characters that XML
 * gives a meaning as entities. What XML forbids (control characters but tab and newline, U+FFFE,
 * U+FFFF) becomes U+FFFD.
 */
char *escape_xml(struct arena *arena, const char *text, size_t limit);

/* A path as the part of a URI: all bytes but letters, digits, "-._~" and "/" as %XX. */
char *escape_uri(struct arena *arena, const char *path);

/* Columns that a text from escape_terminal() takes: one for each character. */
size_t text_columns(const char *text);

/* Where column `column` of the text starts; its end where it is shorter. */
const char *text_column(const char *text, size_t column);

#endif
