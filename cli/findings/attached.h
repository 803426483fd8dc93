/*
 * The processes that forkcheck attached to: what each is doing, and whether it hangs.
 */
#ifndef FORKCHECK_ATTACHED_H
#define FORKCHECK_ATTACHED_H

#include "base/arena.h"
#include "finding.h"
#include "session/model.h"

/* From the ATTACHED and TASK records, and the findings that the report has already. */
void attached_fill(struct model *model, struct arena *arena, struct report *report);

/* Does one of them hang for good, and not for what is suppressed or in the baseline? */
bool attached_any_hangs(const struct report *report);

/* "hung", "suspected", "not hung" or "unknown". */
const char *attached_verdict_name(enum attached_verdict verdict);

#endif
