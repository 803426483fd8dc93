/*
 * The parts of a remedy are put together here: cure, line, caveat, remark, and what
 * the library says that is concerned.
 */
#include "remedy.h"

const char *remedy_paragraph(struct arena *arena, const struct remedy_part *remedy)
{
	const char *line = remedy->line ? arena_printf(arena, ": %s", remedy->line) : "";
	const char *caveat = remedy->caveat ? arena_printf(arena, "; but %s", remedy->caveat) : ".";

	const char *library = remedy->library_cure
				      ? arena_printf(arena, " Of this library: %s (%s).",
						     remedy->library_cure, remedy->library_source)
				      : "";

	return arena_printf(arena, "%s%s%s%s%s%s", remedy->cure, line, caveat,
			    remedy->remark ? " " : "", remedy->remark ? remedy->remark : "",
			    library);
}
