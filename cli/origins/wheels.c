/*
 * Python packages, as pip, Debian and conda install them: which one a file belongs to stands in
 * the directories beside it.
 */
#include "wheels.h"
#include "ecosystems.h"
#include "path_parts.h"
#include <string.h>

const char *wheel_below_site(const char *path)
{
	const char *below = path_after(path, "/site-packages/");

	return below ? below : path_after(path, "/dist-packages/");
}

bool wheel_file_origin(const struct origin_question *question, struct origin *origin)
{
	const char *below = wheel_below_site(question->path);

	if (!below)
		return false;
	*origin = (struct origin){.kind = ORIGIN_PACKAGE};
	origin->package = origin_name(question->arena, below, strcspn(below, "/."));
	return true;
}
