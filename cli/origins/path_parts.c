/* Paths are taken apart here, as text: nothing is looked up. */
#include "path_parts.h"
#include <string.h>

const char *path_after(const char *path, const char *part)
{
	const char *found = NULL;

	for (const char *next = path; (next = strstr(next, part)); next++)
		found = next + strlen(part);
	return found && *found ? found : NULL;
}

const char *path_plain(struct arena *arena, const char *path)
{
	char *plain = arena_zalloc(arena, strlen(path) + 1);
	size_t used = 0;

	if (path[0] != '/' || !strstr(path, "/."))
		return path;
	for (const char *element = path; *element;) {
		size_t length = 1 + strcspn(element + 1, "/");

		if (length == 3 && text_begins(element, "/..")) {
			while (used && plain[--used] != '/')
				;
		} else if (length != 2 || element[1] != '.') {
			memcpy(plain + used, element, length);
			used += length;
		}
		element += length;
	}
	plain[used] = '\0';
	return plain;
}

bool text_begins(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

bool text_ends(const char *text, const char *end)
{
	size_t length = strlen(text), wanted = strlen(end);

	return length >= wanted && strcmp(text + length - wanted, end) == 0;
}

const char *origin_name(struct arena *arena, const char *text, size_t length)
{
	if (!length || length > ORIGIN_NAME_MAX)
		return NULL;
	for (size_t i = 0; i < length; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return NULL;
	return arena_strndup(arena, text, length);
}
