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
