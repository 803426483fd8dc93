/*
 * A demangled name of Rust is a path, or begins with a type in angle brackets: the grammar is
 * that of RFC 2603 and of rustc's older mangling, which writes about the same.
 */
#include "rust_names.h"
#include "path_parts.h"
#include <ctype.h>
#include <string.h>

/* Behind what stands before the path of a type: "&mut ", "*const ", "[", "(", "dyn ". */
static const char *type_path(const char *text)
{
	static const char *const words[] = {"mut ", "const ", "dyn ", "impl "};

	for (;;) {
		size_t marks = strspn(text, "<&*[( ");
		bool again = false;

		text += marks;
		for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
			if (text_begins(text, words[i])) {
				text += strlen(words[i]);
				again = true;
			}
		if (!again)
			return text;
	}
}

static size_t identifier_length(const char *text)
{
	size_t length = 0;

	while (isalnum((unsigned char)text[length]) || text[length] == '_')
		length++;
	return length;
}

/* The crate at the start of a path; 0: a name alone, "T" or "u8". */
static size_t crate_length(const char *path)
{
	size_t length = identifier_length(path);

	/* v0 may show a crate's disambiguator: "core[1e2a]::". */
	if (length && path[length] == '[' && strchr(path, ']'))
		return text_begins(strchr(path, ']') + 1, "::") ? length : 0;
	return length && text_begins(path + length, "::") ? length : 0;
}

/* Behind the " as " of the type that the name begins with; NULL: it implements no trait. */
static const char *trait_path(const char *function)
{
	size_t depth = 0;

	for (const char *next = function; *next; next++) {
		if (text_begins(next, "->"))
			next++;
		else if (*next == '<')
			depth++;
		else if (*next == '>' && --depth == 0)
			return NULL;
		else if (depth == 1 && text_begins(next, " as "))
			return next + strlen(" as ");
	}
	return NULL;
}

const char *rust_crate(const char *function, size_t *length)
{
	const char *path = type_path(function);

	*length = crate_length(path);
	if (!*length && function[0] == '<') {
		path = trait_path(function);
		path = path ? type_path(path) : NULL;
		*length = path ? crate_length(path) : 0;
	}
	return *length ? path : NULL;
}

#define HASH_DIGITS 16

/* "::h0123456789abcdef" at the end. */
static bool is_hash(const char *text)
{
	return text_begins(text, "::h") && strspn(text + 3, "0123456789abcdef") == HASH_DIGITS &&
	       !text[3 + HASH_DIGITS];
}

/* The bracket that closes the one at `open`; NULL: none does. */
static const char *closing(const char *open)
{
	size_t depth = 0;

	for (const char *next = open; *next; next++) {
		if (text_begins(next, "->"))
			next++;
		else if (strchr("<([{", *next))
			depth++;
		else if (strchr(">)]}", *next) && --depth == 0)
			return next;
	}
	return NULL;
}

bool rust_is_name(const char *function)
{
	static const char *const marks[] = {"::<", "{closure", "{{", "{shim:", "{impl#"};
	const char *end = function[0] == '<' ? closing(function) : NULL;

	if (end && text_begins(end, ">::"))
		return true;
	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
		if (strstr(function, marks[i]))
			return true;
	return strlen(function) > 3 + HASH_DIGITS &&
	       is_hash(function + strlen(function) - 3 - HASH_DIGITS);
}

struct plain {
	char *text; /* as long as the name at least */
	size_t length;
};

static void append(struct plain *plain, const char *text, size_t length)
{
	memcpy(plain->text + plain->length, text, length);
	plain->length += length;
}

/* "{closure#0}", "{{closure}}", "{closure_env#1}" up to `end`: "{closure}". */
static void append_braces(struct plain *plain, const char *open, const char *end)
{
	const char *word = open + strspn(open, "{");
	size_t length = strcspn(word, "#}");

	if (length > strlen("_env") && strncmp(word + length - strlen("_env"), "_env", 4) == 0)
		length -= strlen("_env");
	if (word + length > end)
		return;
	append(plain, "{", 1);
	append(plain, word, length);
	append(plain, "}", 1);
}

/* What is in brackets, with the colons before it: "::<T>", "<T>", "[1e2a]". */
static const char *group_at(const char *text)
{
	if (text_begins(text, "::<") || text_begins(text, "::["))
		return text + 2;
	return *text == '<' || *text == '[' ? text : NULL;
}

/* Appends the path at the start of a text. Returns its end; NULL: a bracket is not closed. */
static const char *append_path(struct plain *plain, const char *text)
{
	while (*text && !strchr(" ,+)>];=", *text) && !is_hash(text)) {
		const char *group = group_at(text), *end = closing(group ? group : text);

		if ((group || *text == '{') && !end)
			return NULL;
		if (*text == '{')
			append_braces(plain, text, end);
		else if (!group)
			append(plain, text, 1);
		text = group || *text == '{' ? end + 1 : text + 1;
	}
	return is_hash(text) ? text + strlen(text) : text;
}

/* The type that "<type as trait>::f" is about, or the trait where the type has no path. */
static const char *self_path(const char *function)
{
	const char *path = type_path(function), *trait;

	if (crate_length(path))
		return path;
	trait = trait_path(function);
	return trait ? type_path(trait) : path;
}

const char *rust_plain(struct arena *arena, const char *function)
{
	struct plain plain = {.text = arena_zalloc(arena, strlen(function) + 3)};
	const char *end = function[0] == '<' ? closing(function) : NULL;
	const char *rest = end ? end + 1 : function;

	if (end && !append_path(&plain, self_path(function)))
		return function;
	rest = append_path(&plain, rest);
	return rest && !*rest && plain.length ? plain.text : function;
}

/* Versions have three numbers; a name may have a dash and a digit, too. */
static bool is_version(const char *text)
{
	size_t major = strspn(text, "0123456789");
	const char *minor = text + major + 1;

	return major && text[major] == '.' && isdigit((unsigned char)*minor) &&
	       minor[strspn(minor, "0123456789")] == '.';
}

const char *rust_version_dash(const char *directory)
{
	const char *end = directory + strcspn(directory, "/");

	for (const char *dash = directory; (dash = memchr(dash, '-', (size_t)(end - dash))); dash++)
		if (dash > directory && is_version(dash + 1))
			return dash;
	return NULL;
}
