/*
 * How a process came to its end that had in hand what others wait for.
 */
#ifndef FORKCHECK_ENDING_EVIDENCE_H
#define FORKCHECK_ENDING_EVIDENCE_H

#include "judgement.h"

/* "SIGTERM" */
const char *ending_signal(struct judgement *judgement, uint32_t number);

/* Fills finding->ending: the signal that ended the process, and who sent it. `until_ns`: what is
 * later is another's of the same number. */
void ending_evidence(struct judgement *judgement, struct finding *finding, int pid,
		     uint64_t until_ns);

/* "was ended by SIGTERM, which process 12 sent": for a sentence about that process. */
const char *ending_words(struct judgement *judgement, const struct ending_part *ending);

#endif
