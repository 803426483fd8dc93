/*
 * What a finding is known by: in the next run, on another machine, after an edit elsewhere.
 */
#ifndef FORKCHECK_FINDING_IDENTITY_H
#define FORKCHECK_FINDING_IDENTITY_H

#include "judgement.h"

/*
 * Fills fingerprint, suppression and the origins of all frames, from the parts. A fingerprint has
 * no address, line or version in it, and nothing of the name or the place of the program or its
 * interpreter.
 */
void evidence_identify(struct judgement *judgement, struct finding *finding);

/* The same, but whoever waits, and wherever, is the same finding: who took the object, and where,
 * says which it is. Where that is not known: as above. */
void evidence_identify_by_holder(struct judgement *judgement, struct finding *finding);

/* The same of what is known of a fork and of a package's code, or the user's own (finding->package
 * NULL): which of its locks, and of the lost threads, stands for all is not in it. */
void evidence_identify_by_fork(struct judgement *judgement, struct finding *finding);

#endif
