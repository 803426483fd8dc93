/* These functions make long names fit a line: pure functions over text. */
#include "shorten.h"

#include "base/escape.h"
#include "origins/rust_names.h"
#include <stdbool.h>
#include <string.h>

#define ELLIPSIS "..."

const char *path_basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

static bool starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* The bracket that closes `open`, or NULL. */
static const char *group_end(const char *open)
{
	size_t depth = 0;

	for (const char *next = open; *next != '\0'; next++) {
		if (starts_with(next, "->"))
			next++;
		else if (*next == '<' || *next == '(')
			depth++;
		else if ((*next == '>' || *next == ')') && --depth == 0)
			return next;
	}
	return NULL;
}

/* Length of a piece whose brackets are part of the name; 0 where there is none. */
static size_t fixed_piece(const char *text)
{
	static const char anonymous[] = "(anonymous namespace)", operator_word[] = "operator";
	size_t length = strlen(operator_word);

	if (starts_with(text, anonymous))
		return strlen(anonymous);
	if (!starts_with(text, operator_word))
		return 0;
	if (starts_with(text + length, "()"))
		return length + 2;
	return length + strspn(text + length, "<>=-");
}

/* `a::b<c, d>::e(f, g)` becomes `a::b<...>::e(...)`. */
static const char *collapse_groups(struct arena *arena, const char *name)
{
	char *out = arena_zalloc(arena, strlen(name) + 1);
	size_t length = 0;

	while (*name != '\0') {
		bool opens = *name == '<' || *name == '(';
		size_t piece = fixed_piece(name);
		const char *end = piece == 0 && opens ? group_end(name) : NULL;

		if (end != NULL && end - name > (ptrdiff_t)sizeof(ELLIPSIS)) {
			out[length++] = *name;
			memcpy(out + length, ELLIPSIS, strlen(ELLIPSIS));
			length += strlen(ELLIPSIS);
			name = end;
			piece = 0;
		}
		piece = piece == 0 ? 1 : piece;
		memcpy(out + length, name, piece);
		length += piece;
		name += piece;
	}
	return out;
}

const char *shorten_middle(struct arena *arena, const char *text, size_t columns)
{
	size_t total = text_columns(text), kept, head;

	if (total <= columns)
		return text;
	if (columns <= strlen(ELLIPSIS))
		return arena_strndup(arena, ELLIPSIS, columns);
	kept = columns - strlen(ELLIPSIS);
	head = kept / 3;
	return arena_printf(arena, "%.*s" ELLIPSIS "%s", (int)(text_column(text, head) - text),
			    text, text_column(text, total - (kept - head)));
}

/* Behind the first `count` elements of "a::b::c"; NULL: it has no more. */
static const char *skip_elements(const char *path, size_t count)
{
	while (count-- > 0) {
		path = strstr(path, "::");
		if (path == NULL)
			return NULL;
		path += strlen("::");
	}
	return path;
}

static size_t count_elements(const char *path)
{
	size_t count = 1;

	while ((path = skip_elements(path, 1)) != NULL)
		count++;
	return count;
}

/*
 * "rayon_core::...::Registry::in_worker", "...::Registry::in_worker": the crate or namespace and
 * the last two elements, the type and its method, say most; the first goes before they do.
 */
static const char *shorten_elements(struct arena *arena, const char *path, size_t columns)
{
	size_t count = count_elements(path);
	const char *shorter, *crate_end = strstr(path, "::");

	if (text_columns(path) <= columns || count < 2)
		return shorten_middle(arena, path, columns);
	for (size_t skipped = 2; skipped + 2 <= count; skipped++) {
		shorter = arena_printf(arena, "%.*s::" ELLIPSIS "::%s", (int)(crate_end - path),
				       path, skip_elements(path, skipped));
		if (text_columns(shorter) <= columns)
			return shorter;
	}
	for (size_t skipped = 1; skipped < count; skipped++) {
		shorter = arena_printf(arena, ELLIPSIS "::%s", skip_elements(path, skipped));
		if (text_columns(shorter) <= columns)
			return shorter;
	}
	return shorten_middle(arena, skip_elements(path, count - 1), columns);
}

const char *shorten_rust(struct arena *arena, const char *name, size_t columns)
{
	return shorten_elements(arena, rust_plain(arena, name), columns);
}

/* Behind the next folder of an import path of Go's: of "github.com/x/y.(*T).Get", "x/y.(*T).Get".
 * NULL: it has no more. */
static const char *skip_import_element(const char *name)
{
	size_t length = strcspn(name, "/([");

	return name[length] == '/' ? name + length + 1 : NULL;
}

static const char *shorten_import(struct arena *arena, const char *name, size_t columns)
{
	for (const char *rest = name; (rest = skip_import_element(rest)) != NULL;) {
		const char *shorter = arena_printf(arena, ELLIPSIS "/%s", rest);

		if (text_columns(shorter) <= columns)
			return shorter;
		name = rest;
	}
	return shorten_middle(arena, collapse_groups(arena, name), columns);
}

/* Where Python puts functions of functions: the names around it say as much. */
static const char *without_locals(struct arena *arena, const char *name)
{
	static const char locals[] = ".<locals>";
	char *out = arena_strdup(arena, name);

	for (char *found = out; (found = strstr(found, locals)) != NULL;)
		memmove(found, found + strlen(locals), strlen(found + strlen(locals)) + 1);
	return out;
}

const char *shorten_function(struct arena *arena, const char *name, size_t columns)
{
	if (rust_is_name(name))
		return shorten_rust(arena, name, columns);
	if (text_columns(name) <= columns)
		return name;
	if (skip_import_element(name) != NULL)
		return shorten_import(arena, name, columns);
	if (name[strcspn(name, "<(")] == '\0')
		return shorten_elements(arena, name, columns);
	name = collapse_groups(arena, without_locals(arena, name));
	return shorten_middle(arena, name, columns);
}

const char *shorten_path(struct arena *arena, const char *path, size_t columns)
{
	size_t total = text_columns(path);
	const char *tail;

	if (total <= columns)
		return path;
	tail = columns <= strlen(ELLIPSIS)
		       ? NULL
		       : strchr(text_column(path, total - (columns - strlen(ELLIPSIS))), '/');
	if (tail == NULL || tail[1] == '\0')
		return shorten_middle(arena, path_basename(path), columns);
	return arena_printf(arena, ELLIPSIS "%s", tail);
}
