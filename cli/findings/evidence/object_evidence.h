/*
 * What is known of a thing without an owner that a child waits for: its name, and
 * who used it last.
 */
#ifndef FORKCHECK_OBJECT_EVIDENCE_H
#define FORKCHECK_OBJECT_EVIDENCE_H

#include "fork_line.h"

/* The OBJECT record of what the hang waits for; NULL: there is none. */
const struct record_object *object_of(const struct model *model, const struct record_hang *hang);

/*
 * The lost thread that used last what the child waits for in `function` (NULL: unknown), in
 * the way that matters there; `link` gets the fork that lost it. NULL: none is known.
 */
const struct record_thread *object_lost_user(const struct model *model,
					     const struct record_hang *hang, const char *function,
					     struct fork_link *link);

/*
 * Fills finding->lock, gave and took, where the hang has an OBJECT record. `fork` is the
 * fork of the finding.
 */
void object_evidence(struct judgement *judgement, struct finding *finding,
		     const struct record_hang *hang, session_reference fork);

/*
 * Was everything that the process waits for with a time limit last posted or
 * signalled by lost threads, and nothing else by anybody who is there?
 */
bool object_awaits_lost_alone(const struct model *model, const struct record_hang *hang);

#endif
