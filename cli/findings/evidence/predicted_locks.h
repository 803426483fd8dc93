/* The locks of one prediction, in an order that does not change from run to run. */
#ifndef FORKCHECK_PREDICTED_LOCKS_H
#define FORKCHECK_PREDICTED_LOCKS_H

#include "findings/finding.h"

/*
 * Adds one to a list, or its numbers to those of the row that tells of it already. It then
 * belongs to the list. Returns the list.
 */
struct predicted_lock *predicted_locks_add(struct predicted_lock *list,
					   struct predicted_lock *lock);

/* The row that tells of the same lock, of another part of its object, or of one without a name that
 * is taken at the same place; NULL: there is none. */
const struct predicted_lock *predicted_locks_find(struct predicted_lock *list,
						  const struct predicted_lock *lock);

/* The rows of both; `other` is no list any more. */
struct predicted_lock *predicted_locks_join(struct predicted_lock *list,
					    struct predicted_lock *other);

/* Two estimates of one thing, over other forks, become one. */
void predicted_risk_add(struct risk_part *risk, const struct risk_part *other);

/* "about 1 fork in 4,000": the N, with one digit that counts. 0: unknown. */
uint64_t predicted_risk_one_in(const struct risk_part *risk);

#endif
