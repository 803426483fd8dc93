/*
 * FC005: another thread held a lock at fork; the child did not exec and did
 * not touch it. This time nothing happened.
 */
#include "fork_paths.h"
#include "lock_kinds.h"
#include "python_advice.h"
#include "wait_evidence.h"

/* What the children of one fork did with one lock. */
struct outcome {
	uint64_t untouched; /* children that kept their memory and left the lock alone */
	const struct process_facts *example;
	bool waited; /* FC001 or FC003 says more */
};

static bool did_wait(const struct model *model, session_reference fork, uint64_t lock)
{
	const struct model_list *waits = model_list(model, RECORD_WAIT);

	for (size_t i = 0; i < waits->count; i++) {
		const struct record_wait *wait = model_wait(model, waits->references[i]);

		if (wait->fork == fork && wait->lock == lock &&
		    (!wait->flags || wait_gave_up(model, waits->references[i])))
			return true;
	}
	return false;
}

/* A HELD record counts its heirs and does not name them; a child knows only
 * that it inherited something. With one lock per fork both are the same. */
static struct outcome look_at_children(const struct model *model, const struct record_held *held,
				       session_reference reference)
{
	struct outcome outcome = {.waited = did_wait(model, held->fork, held->lock)};
	uint64_t heirs = reader_count(model->reader, reference);

	for (uint32_t serial = model_first_child(model, held->fork), next; serial; serial = next) {
		const struct process_facts *child = model_process(model, serial);
		uint32_t state = child ? model_state(model, child) : 0;

		next = child ? child->next_sibling : 0;
		if (!child || child->fork != held->fork || !(state & BIRTH_INHERITED) ||
		    state & BIRTH_EXECED || model_touched(model, serial, held->lock))
			continue;
		outcome.untouched++;
		if (!outcome.example)
			outcome.example = child;
	}
	if (outcome.untouched > heirs)
		outcome.untouched = heirs;
	return outcome;
}

static void report(struct judgement *judgement, const struct rule *rule,
		   const struct record_held *held, const struct outcome *outcome)
{
	uint32_t process = outcome->example->serial;
	struct finding *finding = judgement_add(judgement, rule);
	const char *lock;

	finding->severity = SEVERITY_WARNING;
	finding->certainty = CERTAINTY_OBSERVED;
	finding->count = outcome->untouched;
	evidence_fork(judgement, &finding->fork, held->fork, outcome->example);
	evidence_lock(judgement, &finding->lock, process, held->lock, held->kind, held->state,
		      held->state_length, held->initialised);
	evidence_holder(judgement, &finding->holder, process, held);
	lock = evidence_lock_words(judgement, &finding->lock);
	finding->message = arena_printf(
		judgement->arena,
		"%s was held by another thread at a fork; the child did not wait for it this time.",
		lock);
	finding->why = arena_printf(
		judgement->arena,
		"in the child it stays locked for ever; the first thing there that %s will hang.",
		lock_who_waits(held->kind, held->state, held->state_length));
	finding->advice =
		arena_printf(judgement->arena,
			     "%s, or start the child with posix_spawn(), or let it exec at once.",
			     fork_path_protection(judgement, &finding->fork, held->kind, lock));
	python_advice(judgement, finding);
	evidence_identify(judgement, finding);
}

void judge_lock_held_at_fork(struct judgement *judgement, const struct rule *rule)
{
	const struct model *model = judgement->model;
	const struct model_list *list = model_list(model, RECORD_HELD);

	for (size_t i = 0; i < list->count; i++) {
		const struct record_held *held = model_held(model, list->references[i]);
		struct outcome outcome;

		/* Inside of libc is not yet proof of a lock. */
		if (held->flags & HELD_BY_FORKER || held->kind == LOCK_REGION)
			continue;
		outcome = look_at_children(model, held, list->references[i]);
		if (outcome.untouched && !outcome.waited)
			report(judgement, rule, held, &outcome);
	}
}
