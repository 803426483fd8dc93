/* A package of npm is the directory below node_modules that a file is in. */
#include "ecosystems.h"
#include "path_parts.h"
#include <string.h>

/* "sharp/...": 5; "@img/sharp-linux-x64/...": 20. 0: no file of a package. */
static size_t npm_name_length(const char *below)
{
	size_t length = strcspn(below, "/");

	if (below[0] == '@' && below[length])
		length += 1 + strcspn(below + length + 1, "/");
	return below[length] ? length : 0;
}

bool npm_file_origin(const struct origin_question *question, struct origin *origin)
{
	const char *below = path_after(question->path, "/node_modules/");
	size_t length = below ? npm_name_length(below) : 0;

	if (!length)
		return false;
	*origin = (struct origin){.kind = ORIGIN_PACKAGE};
	origin->package = origin_name(question->arena, below, length);
	return true;
}
