/* A JSON document is made and written here, whatever it says. */
#include "json_document.h"
#include "base/escape.h"

#include <errno.h>
#include <stdlib.h>

void document_open(struct document *document)
{
	document->failed = false;
	arena_init(&document->arena);
}

void document_set(struct document *document, json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) != 0)
		document->failed = true;
}

void document_append(struct document *document, json_t *array, json_t *value)
{
	if (json_array_append_new(array, value) != 0)
		document->failed = true;
}

json_t *document_text_of(struct document *document, const char *text, size_t limit)
{
	return text == NULL ? json_null() : json_string(escape_utf8(&document->arena, text, limit));
}

json_t *document_text(struct document *document, const char *text)
{
	return document_text_of(document, text, DOCUMENT_TEXT_BYTES);
}

/* In one piece: standard error is not buffered, and others write to it. */
static int write_text(FILE *stream, const json_t *root)
{
	/* 15 digits: a decimal fraction comes out as it went in. */
	char *text = json_dumps(root, JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(15));
	int result;

	if (text == NULL) {
		errno = ENOMEM;
		return -1;
	}
	result = fputs(text, stream) < 0 || fputc('\n', stream) == EOF || fflush(stream) != 0;
	free(text);
	return result == 0 ? 0 : -1;
}

int document_write(struct document *document, json_t *root, FILE *stream)
{
	int result = -1;

	arena_release(&document->arena);
	if (document->failed || root == NULL)
		errno = ENOMEM;
	else
		result = write_text(stream, root);
	json_decref(root);
	return result;
}
