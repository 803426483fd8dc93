/*
 * From a session to a report: judge, suppress, tabulate. The same for a run
 * that has just ended and for a saved session: all is taken from the model.
 */
#ifndef FORKCHECK_ASSEMBLE_H
#define FORKCHECK_ASSEMBLE_H

#include "finding.h"
#include "session/model.h"
#include "suppressions.h"

/*
 * Everything in the report belongs to `arena`. `all`: also notes that nobody
 * asked for (see judge.h). Suppressed findings stay in the list, marked.
 */
void assemble_report(struct model *model, struct arena *arena, struct suppressions *suppressions,
		     bool all, struct report *report);

#endif
