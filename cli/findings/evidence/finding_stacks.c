/* The stacks of a finding are found here, in whichever part they are. */
#include "finding_stacks.h"

void finding_each_stack(struct finding *finding,
			void (*visit)(struct frames *frames, void *context), void *context)
{
	struct frames *const single[] = {
		&finding->fork.stack,          &finding->last_fork.stack,
		&finding->lock.initialised_at, &finding->holder.created_at,
		&finding->holder.acquired_at,  &finding->parent.stack,
		&finding->child.stack,         &finding->gave.stack,
		&finding->took.stack,          &finding->ending.stack,
		&finding->shared.made_at,
	};

	for (size_t i = 0; i < sizeof(single) / sizeof(*single); i++)
		visit(single[i], context);
	for (size_t i = 0; i < finding->missing_count; i++)
		visit(&finding->missing[i].created_at, context);
	for (size_t i = 0; i < finding->cycle_count; i++)
		visit(&finding->cycle[i].stack, context);
	for (size_t i = 0; i < finding->blocked_count; i++) {
		visit(&finding->blocked[i].stack, context);
		visit(&finding->blocked[i].acquired_at, context);
	}
}
