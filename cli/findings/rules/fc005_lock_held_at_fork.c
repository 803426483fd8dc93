/*
 * FC005: another thread held a lock at fork; the child did not exec and did
 * not touch it. This time nothing happened. A warning needs somebody who asks for
 * the lock: a child of the same line was seen to, or all code can, since it is a
 * static variable. A library whose child handler makes new locks never asks again.
 */
#include "fc005_lock_held_at_fork.h"
#include "findings/cures/cures.h"
#include "findings/evidence/evidence.h"
#include "findings/evidence/fork_line.h"
#include "findings/evidence/lock_kinds.h"
#include "findings/evidence/told_locks.h"
#include <stdlib.h>

/* What the children of one fork did with one lock. */
struct outcome {
	uint64_t untouched; /* children that kept their memory and left the lock alone */
	const struct process_facts *example;
};

/* Did it wait for it? Then it was not left alone, however that ended. */
static bool did_wait(const struct model *model, uint32_t process, uint64_t lock)
{
	const struct model_list *waits = model_list(model, RECORD_WAIT);

	for (size_t i = 0; i < waits->count; i++) {
		const struct record_wait *wait = model_wait(model, waits->references[i]);

		if (wait->record.process == process && wait->lock == lock && !wait->flags)
			return true;
	}
	return false;
}

/* A HELD record counts the children that inherited it and does not name them; a child knows only
 * that it inherited something. With one lock per fork both are the same. */
static struct outcome look_at_children(const struct model *model, const struct record_held *held,
				       session_reference reference)
{
	struct outcome outcome = {0};
	uint64_t inheritors = reader_count(model->reader, reference);

	for (uint32_t serial = model_first_child(model, held->fork), next; serial; serial = next) {
		const struct process_facts *child = model_facts(model, serial);
		uint32_t state = child ? model_state(model, child) : 0;

		next = child ? child->next_sibling : 0;
		if (!child || child->fork != held->fork || !(state & BIRTH_INHERITED) ||
		    state & BIRTH_EXECED || model_touched(model, serial, held->lock) ||
		    did_wait(model, serial, held->lock))
			continue;
		outcome.untouched++;
		if (!outcome.example)
			outcome.example = child;
	}
	if (outcome.untouched > inheritors)
		outcome.untouched = inheritors;
	return outcome;
}

/* The TAKEN records, by lock. */
struct takings {
	const struct record_taken **list;
	size_t count;
};

static int by_lock(const void *left, const void *right)
{
	const struct record_taken *const *one = left, *const *other = right;

	return ((*one)->lock > (*other)->lock) - ((*one)->lock < (*other)->lock);
}

static struct takings sort_takings(struct judgement *judgement)
{
	const struct model_list *list = model_list(judgement->model, RECORD_TAKEN);
	struct takings takings = {.count = list->count};

	if (!list->count)
		return takings;
	takings.list = arena_array(judgement->arena, list->count, sizeof(struct record_taken *));
	for (size_t i = 0; i < list->count; i++)
		takings.list[i] = model_taken(judgement->model, list->references[i]);
	qsort(takings.list, takings.count, sizeof(*takings.list), by_lock);
	return takings;
}

/* Of those with the lock, the first one. */
static size_t lock_held_at_fork_find_first(const struct takings *takings, uint64_t lock)
{
	size_t low = 0, high = takings->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (takings->list[middle]->lock < lock)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Where a child of the line took the lock; NULL: none was seen to. */
static const struct record_taken *find_taking(const struct model *model,
					      const struct takings *takings,
					      const struct record_held *held)
{
	for (size_t i = lock_held_at_fork_find_first(takings, held->lock);
	     i < takings->count && takings->list[i]->lock == held->lock; i++)
		if (takings->list[i]->kind == held->kind &&
		    fork_line_comes_from(model, takings->list[i]->fork, held->fork))
			return takings->list[i];
	return NULL;
}

/* Other children of the line waited for it, or tried to get it. */
static bool was_asked_for(const struct model *model, const struct record_held *held)
{
	const struct model_list *waits = model_list(model, RECORD_WAIT);

	for (size_t i = 0; i < waits->count; i++) {
		const struct record_wait *wait = model_wait(model, waits->references[i]);

		if (wait->lock == held->lock && wait->kind == held->kind &&
		    fork_line_comes_from(model, wait->fork, held->fork))
			return true;
	}
	return false;
}

/* "log_write (log.c:12)" */
static const char *place_words(struct judgement *judgement, const struct frames *stack)
{
	for (size_t i = 0; i < stack->count; i++) {
		const struct frame *frame = &stack->list[i];

		if (!frame->function)
			continue;
		if (!frame->file)
			return frame->function;
		return arena_printf(judgement->arena, "%s (%s:%d)", frame->function,
				    evidence_file_name(frame->file), frame->line);
	}
	return "code without a name";
}

static const char *consequence(struct judgement *judgement, const struct record_held *held,
			       const struct record_taken *taken, bool can_be_asked_for)
{
	const char *who = lock_who_waits(held->kind, held->state, held->state_length);
	struct frames stack;

	if (!can_be_asked_for)
		return "no child of this fork was seen to ask for it.";
	if (!taken)
		return arena_printf(judgement->arena, "the first thing there that %s will hang.",
				    who);
	stack = evidence_stack(judgement, taken->record.process, taken->stack);
	return arena_printf(judgement->arena,
			    "another child of this fork took it in %s, and the next one that %s "
			    "while it is held will hang.",
			    place_words(judgement, &stack), who);
}

static void lock_held_at_fork_report(struct judgement *judgement, const struct rule *rule,
				     const struct record_held *held, const struct outcome *outcome,
				     const struct takings *takings)
{
	const struct record_taken *taken = find_taking(judgement->model, takings, held);
	bool can_be_asked_for;
	uint32_t process = outcome->example->serial;
	struct finding *finding = judgement_add(judgement, rule);
	const char *lock;

	finding->certainty = CERTAINTY_OBSERVED;
	finding->count = outcome->untouched;
	evidence_fork(judgement, &finding->fork, held->fork, outcome->example);
	evidence_lock(judgement, &finding->lock, process, held->lock, held->kind, held->state,
		      held->state_length, held->initialised);
	evidence_holder(judgement, &finding->holder, process, held);
	can_be_asked_for = taken || finding->lock.module || was_asked_for(judgement->model, held);
	finding->severity = can_be_asked_for ? SEVERITY_WARNING : SEVERITY_NOTE;
	lock = evidence_lock_words(judgement, &finding->lock);
	finding->message = arena_printf(
		judgement->arena,
		"%s was held by another thread at a fork; the child did not wait for it this time.",
		lock);
	finding->why = arena_printf(judgement->arena, "in the child it stays locked for ever; %s",
				    consequence(judgement, held, taken, can_be_asked_for));
	cure_finding(judgement, finding,
		     &(struct cure_question){.situation = CURE_ORPHANED,
					     .kind = held->kind,
					     .is_typed = !lock_crosses_fork(held->kind, held->state,
									    held->state_length)});
	evidence_identify(judgement, finding);
}

/* A hang on it, or why it will come to one, says more. */
static bool is_said_already(struct judgement *judgement, const struct record_held *held)
{
	return told_locks_have(judgement->model, held->lock, held->kind, held->fork) ||
	       cut_sections_have_error(judgement, held);
}

static bool is_left_for_ever(const struct record_held *held)
{
	/* Its holder gives it back in the parent, or it was written because a child asked. */
	if (held->flags & (HELD_BY_FORKER | HELD_IN_SHARED_MEMORY | HELD_IN_WINDOW))
		return false;
	/* Inside of libc is not yet proof of a lock. */
	return held->kind != LOCK_REGION;
}

bool lock_held_at_fork_tells(const struct model *model, const struct section_lock *lock)
{
	const struct model_list *list = model_list(model, RECORD_HELD);

	for (size_t i = 0; i < list->count; i++) {
		const struct record_held *held = model_held(model, list->references[i]);

		if (held->lock == lock->lock && held->kind == lock->kind &&
		    is_left_for_ever(held) && fork_line_site(model, held->fork) == lock->line &&
		    look_at_children(model, held, list->references[i]).untouched)
			return true;
	}
	return false;
}

void judge_lock_held_at_fork(struct judgement *judgement, const struct rule *rule)
{
	const struct model *model = judgement->model;
	const struct model_list *list = model_list(model, RECORD_HELD);
	struct takings takings = sort_takings(judgement);

	for (size_t i = 0; i < list->count; i++) {
		const struct record_held *held = model_held(model, list->references[i]);
		struct outcome outcome;

		if (!is_left_for_ever(held))
			continue;
		outcome = look_at_children(model, held, list->references[i]);
		if (outcome.untouched && !is_said_already(judgement, held))
			lock_held_at_fork_report(judgement, rule, held, &outcome, &takings);
	}
}
