/*
 * A document of JSON that is being made, for every format that is one.
 *
 * It is ASCII (other characters are escaped): it may go to a terminal, and names in it come from
 * strangers.
 */
#ifndef FORKCHECK_JSON_DOCUMENT_H
#define FORKCHECK_JSON_DOCUMENT_H

#include "base/arena.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#define DOCUMENT_TEXT_BYTES 4096 /* of a string from the program under test */

struct document {
	struct arena arena;
	bool failed; /* memory ran out; the document has a gap */
};

void document_open(struct document *document);

/* Both take the value over, also where they fail. */
void document_set(struct document *document, json_t *object, const char *key, json_t *value);
void document_append(struct document *document, json_t *array, json_t *value);

/* Valid UTF-8 of a stranger's string; NULL becomes null. */
json_t *document_text(struct document *document, const char *text);
/* The same of at most so many bytes. */
json_t *document_text_of(struct document *document, const char *text, size_t limit);

/* Writes the document in one piece and releases both. 0, or -1 with errno. */
int document_write(struct document *document, json_t *root, FILE *stream);

#endif
