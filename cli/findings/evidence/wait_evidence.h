/*
 * From the WAIT record of a child to the parts of a finding: shared by the
 * rules about waits that hang and waits that gave up.
 */
#ifndef FORKCHECK_WAIT_EVIDENCE_H
#define FORKCHECK_WAIT_EVIDENCE_H

#include "evidence.h"

/* Fills fork, lock, holder and child. */
void wait_evidence(struct judgement *judgement, struct finding *finding,
		   const struct record_wait *wait);

/* Did this process ask for the lock without a time limit? */
bool wait_is_for_ever(const struct model *model, uint32_t process, uint64_t lock);

/* The first of the tries, or waits with a limit, for an orphaned lock that a process does again
 * and again, and nothing else; NULL: it hangs elsewhere. */
const struct record_wait *tries_of(const struct model *model, const struct record_hang *hang);
/* The lock that a child waits for, and asked for before it was born; NULL: another thing. */
const struct record_held *held_before_birth(const struct model *model,
					    const struct record_hang *hang);
/* Does a process try for this lock, and do nothing else? */
bool tries_are_endless(const struct model *model, uint32_t process, uint64_t lock);

/* A try or timed lock that came back without the lock. */
bool wait_gave_up(const struct model *model, session_reference reference);

/* The thread that forked holds it itself and can give it back in the child:
 * asking for it fails as it would without a fork. */
bool wait_is_for_own_lock(const struct model *model, const struct record_wait *wait);

#endif
