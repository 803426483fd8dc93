/* PYTHON records as frames with names. */
#ifndef FORKCHECK_PYTHON_EVIDENCE_H
#define FORKCHECK_PYTHON_EVIDENCE_H

#include "findings/rules/rule.h"

/* NULL: there is no such record. `sp` is what the depths in it are counted from. */
const struct python_frames *python_evidence(struct judgement *judgement, uint32_t process,
					    session_reference reference, uint64_t sp);

/* What Python calls a thread; NULL: nothing that is known. */
const char *python_evidence_name(struct judgement *judgement, const struct record_thread *thread);

/* For a STACK record and what the interpreter was doing at that time. */
const struct python_frames *python_evidence_at(struct judgement *judgement, uint32_t process,
					       session_reference reference,
					       session_reference stack);

#endif
