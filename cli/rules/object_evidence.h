/*
 * What is known of a thing without an owner that a child waits for: its name, and
 * who used it last.
 */
#ifndef FORKCHECK_OBJECT_EVIDENCE_H
#define FORKCHECK_OBJECT_EVIDENCE_H

#include "rule.h"

/* The OBJECT record of what the hang waits for; NULL: there is none. */
const struct record_object *object_of(const struct model *model, const struct record_hang *hang);

/*
 * Fills finding->lock, gave and took, where the hang has an OBJECT record. `lost`
 * are the threads that the child does not have, of process `parent`. Returns the
 * library of the lost thread that the child most likely waits for; NULL: unknown.
 */
const char *object_evidence(struct judgement *judgement, struct finding *finding,
			    const struct record_hang *hang, const struct record_lost *lost,
			    uint32_t parent);

/*
 * Was everything that the process waits for with a time limit last posted or
 * signalled by lost threads, and nothing else by anybody who is there?
 */
bool object_awaits_lost_alone(const struct model *model, const struct record_hang *hang,
			      const struct record_lost *lost);

#endif
