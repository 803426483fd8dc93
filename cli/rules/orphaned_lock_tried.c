/*
 * FC003: a child tried to take a lock that a thread which does not exist in it
 * held at fork, with trylock or with a time limit, and did not get it. It went
 * on, but it will never get it.
 */
#include "fork_paths.h"
#include "python_advice.h"
#include "wait_evidence.h"

static const char *asked(const struct record_wait *wait)
{
	return wait->flags & WAIT_TRY ? "tried to take" : "waited in vain for";
}

static void explain_lost_holder(struct judgement *judgement, struct finding *finding,
				const struct record_wait *wait)
{
	const char *lock = evidence_lock_words(judgement, &finding->lock);

	finding->message = arena_printf(judgement->arena,
					"child %d %s %s; its holder does not exist in the child.",
					finding->child.pid, asked(wait), lock);
	finding->why = "only the thread that forked exists in the child; the holder can never "
		       "unlock it there, so every try fails.";
	finding->advice = arena_printf(
		judgement->arena,
		"%s, or start the child with posix_spawn(), or fork before threads are started.",
		fork_path_protection(judgement, &finding->fork, wait->kind, lock));
	python_advice(judgement, finding);
}

static void explain_own_lock(struct judgement *judgement, struct finding *finding,
			     const struct record_wait *wait)
{
	const char *lock = evidence_lock_words(judgement, &finding->lock);

	finding->message = arena_printf(judgement->arena,
					"child %d %s %s, which the thread that forked holds.",
					finding->child.pid, asked(wait), lock);
	finding->why = "this type of mutex asks for the thread id of its owner, and the thread "
		       "that forked has another id in the child: every try fails.";
	finding->advice = arena_printf(
		judgement->arena,
		"release %s before fork(), or make it anew with pthread_mutex_init() in a "
		"pthread_atfork() child handler.",
		lock);
}

static void report(struct judgement *judgement, const struct rule *rule,
		   const struct record_wait *wait)
{
	struct finding *finding = judgement_add(judgement, rule);

	finding->severity = SEVERITY_WARNING;
	finding->certainty = CERTAINTY_OBSERVED;
	wait_evidence(judgement, finding, wait);
	finding->child.gave_up = true;
	if (finding->holder.is_forker)
		explain_own_lock(judgement, finding, wait);
	else
		explain_lost_holder(judgement, finding, wait);
	evidence_identify(judgement, finding);
}

void judge_orphaned_lock_tried(struct judgement *judgement, const struct rule *rule)
{
	const struct model *model = judgement->model;
	const struct model_list *list = model_list(model, RECORD_WAIT);

	for (size_t i = 0; i < list->count; i++) {
		const struct record_wait *wait = model_wait(model, list->references[i]);

		/* A hang of the same child for the same lock says more: FC001. */
		if (wait_gave_up(model, list->references[i]) &&
		    !wait_is_for_ever(model, wait->record.process, wait->lock) &&
		    !wait_is_for_own_lock(model, wait))
			report(judgement, rule, wait);
	}
}
