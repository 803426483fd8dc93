/*
 * The forks that a process came by are found in the model, and nowhere else. A hostile log may
 * make their line a circle: it has a limit.
 */
#include "fork_line.h"

#define GENERATIONS_MAX 1024
/* Forks above each other whose lines are compared. */
#define LINES_MAX 64
/* Of a fork without a stack: a line of its own, above all references. */
#define LINE_OF_ONE (UINT64_C(1) << 32)

static bool fork_line_fill(const struct model *model, struct fork_link *link)
{
	const struct record_fork *record = model_fork(model, link->fork);
	const struct record_lost *lost =
		model_lost(model, reader_fork_lost(model->reader, link->fork));

	if (!record)
		return false;
	link->parent = record->parent;
	link->lost = lost && lost->count ? lost : NULL;
	return true;
}

bool fork_line_begin(const struct model *model, struct fork_link *link, session_reference fork,
		     const struct process_facts *child)
{
	*link = (struct fork_link){.fork = fork, .child = child};
	return fork_line_fill(model, link);
}

bool fork_line_next(const struct model *model, struct fork_link *link)
{
	const struct process_facts *process = model_facts(model, link->parent);

	if (!process || process->kind != BIRTH_CHILD || ++link->steps == GENERATIONS_MAX)
		return false;
	link->fork = process->fork;
	link->child = process;
	return fork_line_fill(model, link);
}

bool fork_line_lost(const struct model *model, struct fork_link *link, session_reference fork,
		    const struct process_facts *child)
{
	bool more = fork_line_begin(model, link, fork, child);

	while (more && !link->lost)
		more = fork_line_next(model, link);
	return more;
}

static uint64_t fork_line_mix(uint64_t hash, uint64_t value)
{
	return (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15) ^ hash >> 29;
}

/* Where only the handlers were seen, or nothing, the innermost frame is the same for all. */
static const struct record_stack *stack_of_call(const struct model *model,
						const struct record_fork *record)
{
	bool has_call = record->function != FORK_ATFORK_ONLY && record->function != FORK_UNSEEN &&
			record->function != FORK_OUTSIDE;
	const struct record_stack *stack = has_call ? model_stack(model, record->stack) : NULL;

	return stack && !(stack->flags & STACK_NO_REGISTERS) ? stack : NULL;
}

uint64_t fork_line_site(const struct model *model, session_reference fork)
{
	const struct record_fork *record = model_fork(model, fork);
	const struct process_facts *parent = record ? model_facts(model, record->parent) : NULL;
	const struct record_stack *stack;
	uint64_t site;

	if (!record)
		return 0;
	stack = stack_of_call(model, record);
	site = fork_line_mix(parent ? parent->image : record->parent, record->python);
	if (stack)
		return fork_line_mix(site, stack->registers.pc) | 1;
	return fork_line_mix(site, record->stack ? record->stack : LINE_OF_ONE | fork) | 1;
}

bool fork_line_comes_from(const struct model *model, session_reference fork,
			  session_reference origin)
{
	uint64_t site = fork_line_site(model, origin);

	for (size_t depth = 0; fork && depth < LINES_MAX; depth++) {
		const struct record_fork *record = model_fork(model, fork);
		const struct process_facts *parent =
			record ? model_facts(model, record->parent) : NULL;

		if (fork == origin || (site && fork_line_site(model, fork) == site))
			return true;
		fork = parent ? parent->fork : 0;
	}
	return false;
}

bool fork_line_leads_from(const struct model *model, uint32_t ancestor, uint32_t process)
{
	const struct process_facts *facts = model_facts(model, process);

	for (int i = 0; i < GENERATIONS_MAX && process != ancestor; i++) {
		if (!facts || facts->kind != BIRTH_CHILD)
			return false;
		process = facts->parent;
		facts = model_facts(model, process);
	}
	return process == ancestor;
}
