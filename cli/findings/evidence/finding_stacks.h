/* All stacks of a finding, one after the other. */
#ifndef FORKCHECK_FINDING_STACKS_H
#define FORKCHECK_FINDING_STACKS_H

#include "findings/finding.h"

/* Every stack, empty ones too, in the order of the parts in finding.h. `context` is the visitor's.
 */
void finding_each_stack(struct finding *finding,
			void (*visit)(struct frames *frames, void *context), void *context);

#endif
