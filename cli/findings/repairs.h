/*
 * Children that inherited a lock as held and made it anew: what speaks against a prediction.
 */
#ifndef FORKCHECK_REPAIRS_H
#define FORKCHECK_REPAIRS_H

#include "finding.h"
#include "session/model.h"

/*
 * One for each lock of a lost thread that a child made anew: with the parts fork, lock, holder
 * and child, and a message that says what the child did. The arena's.
 */
void repairs_find(struct model *model, struct arena *arena, struct finding **repairs,
		  size_t *count);

#endif
