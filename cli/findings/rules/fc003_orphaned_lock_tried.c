/*
 * FC003: a child tried to take a lock that a thread which does not exist in it
 * held at fork, with trylock or with a time limit, and did not get it. It went
 * on, but it will never get it.
 */
#include "fc002_lost_wakeup.h"
#include "findings/cures/cures.h"
#include "findings/evidence/lock_kinds.h"
#include "findings/evidence/wait_evidence.h"
#include "rule.h"

static const char *asked(const struct record_wait *wait)
{
	return wait->flags & WAIT_TRY ? "tried to take" : "waited in vain for";
}

/* The record of the first try counts them all. */
static const char *how_often(struct judgement *judgement, uint64_t tries)
{
	if (tries < 2)
		return "";
	return arena_printf(judgement->arena, " It tried %llu times.", (unsigned long long)tries);
}

static void orphaned_lock_tried_explain_lost_holder(struct judgement *judgement,
						    struct finding *finding,
						    const struct record_wait *wait, uint64_t tries)
{
	const char *lock = evidence_lock_words(judgement, &finding->lock);

	finding->message = arena_printf(judgement->arena,
					"child %d %s %s; its holder does not exist in the child.",
					finding->child.pid, asked(wait), lock);
	finding->why = arena_printf(judgement->arena,
				    "only the thread that forked exists in the child; the holder "
				    "can never unlock it there, so every try fails.%s",
				    how_often(judgement, tries));
	cure_finding(judgement, finding,
		     &(struct cure_question){.situation = CURE_ORPHANED,
					     .kind = wait->kind,
					     .is_typed = !lock_crosses_fork(wait->kind, wait->state,
									    wait->state_length)});
}

static void orphaned_lock_tried_explain_own_lock(struct judgement *judgement,
						 struct finding *finding,
						 const struct record_wait *wait)
{
	const char *lock = evidence_lock_words(judgement, &finding->lock);

	finding->message = arena_printf(judgement->arena,
					"child %d %s %s, which the thread that forked holds.",
					finding->child.pid, asked(wait), lock);
	finding->why = "this type of mutex asks for the thread id of its owner, and the thread "
		       "that forked has another id in the child: every try fails.";
	cure_finding(judgement, finding,
		     &(struct cure_question){.situation = CURE_OWN, .kind = wait->kind});
}

static void orphaned_lock_tried_report(struct judgement *judgement, const struct rule *rule,
				       session_reference reference)
{
	const struct record_wait *wait = model_wait(judgement->model, reference);
	struct finding *finding = judgement_add(judgement, rule);

	/* One hang, one finding: the child came by here on its way. */
	finding->severity =
		lost_wakeup_of(judgement, wait->record.process) ? SEVERITY_NOTE : SEVERITY_WARNING;
	finding->certainty = CERTAINTY_OBSERVED;
	wait_evidence(judgement, finding, wait);
	finding->child.gave_up = true;
	if (finding->holder.is_forker)
		orphaned_lock_tried_explain_own_lock(judgement, finding, wait);
	else
		orphaned_lock_tried_explain_lost_holder(
			judgement, finding, wait,
			reader_count(judgement->model->reader, reference));
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
		    !tries_are_endless(model, wait->record.process, wait->lock) &&
		    !wait_is_for_own_lock(model, wait))
			orphaned_lock_tried_report(judgement, rule, list->references[i]);
	}
}
