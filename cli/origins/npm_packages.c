/* A package of npm is a directory below node_modules, and says its version in package.json. */
#include "ecosystems.h"
#include "path_parts.h"
#include "small_files.h"
#include <jansson.h>
#include <limits.h>
#include <string.h>

#define MANIFEST_BYTES ((size_t)1 << 20)

/* "sharp/...": 5; "@img/sharp-linux-x64/...": 20. 0: no file of a package. */
static size_t npm_name_length(const char *below)
{
	size_t length = strcspn(below, "/");

	if (below[0] == '@' && below[length])
		length += 1 + strcspn(below + length + 1, "/");
	return below[length] ? length : 0;
}

/* Of the package.json of the directory that the path's first `length` bytes are. */
static const char *version_in(const struct origin_question *question, size_t length)
{
	const char *path =
		arena_printf(question->arena, "%.*s/package.json", (int)length, question->path);
	const char *version = NULL, *text;
	struct small_file file;
	json_t *root;

	if (length > INT_MAX || !small_file_read(question->origins, path, MANIFEST_BYTES, &file))
		return NULL;
	root = json_loadb(file.bytes, file.length, 0, NULL);
	text = json_string_value(json_object_get(root, "version"));
	if (text)
		version = origin_name(question->arena, text, strlen(text));
	json_decref(root);
	small_file_free(&file);
	return version;
}

bool npm_file_origin(const struct origin_question *question, struct origin *origin)
{
	const char *below = path_after(question->path, "/node_modules/");
	size_t length = below ? npm_name_length(below) : 0;

	if (!length)
		return false;
	*origin = (struct origin){.kind = ORIGIN_PACKAGE};
	origin->package = origin_name(question->arena, below, length);
	origin->version = version_in(question, (size_t)(below + length - question->path));
	return true;
}
