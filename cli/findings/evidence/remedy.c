/*
 * The parts of a remedy are put together here: cure, line, caveat, remark.
 */
#include "remedy.h"

const char *remedy_paragraph(struct arena *arena, const struct remedy_part *remedy)
{
	const char *line = remedy->line ? arena_printf(arena, ": %s", remedy->line) : "";
	const char *caveat = remedy->caveat ? arena_printf(arena, "; but %s", remedy->caveat) : ".";

	return arena_printf(arena, "%s%s%s%s%s", remedy->cure, line, caveat,
			    remedy->remark ? " " : "", remedy->remark ? remedy->remark : "");
}
