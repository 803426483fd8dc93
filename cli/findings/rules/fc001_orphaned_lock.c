/*
 * FC001, orphaned-lock: a child waits for a lock that a thread which does not exist in the
 * child held at fork. Also: the forking thread held a lock of a type that asks for its thread
 * id, and could not give it back in the child.
 */
#include "fc001_orphaned_python_lock.h"
#include "fc001_orphaned_region.h"
#include "findings/cures/cures.h"
#include "findings/evidence/lock_kinds.h"
#include "findings/evidence/wait_evidence.h"
#include <errno.h>

static void orphaned_lock_explain_lost_holder(struct judgement *judgement, struct finding *finding,
					      uint32_t kind, bool is_typed)
{
	const char *lock = evidence_lock_words(judgement, &finding->lock);

	finding->message = arena_printf(
		judgement->arena, "child %d waits for %s; its holder does not exist in the child.",
		finding->child.pid, lock);
	finding->why = "only the thread that forked exists in the child; the holder can never "
		       "unlock it there.";
	cure_finding(judgement, finding,
		     &(struct cure_question){
			     .situation = CURE_ORPHANED, .kind = kind, .is_typed = is_typed});
}

static void orphaned_lock_explain_own_lock(struct judgement *judgement, struct finding *finding,
					   uint32_t kind)
{
	const char *lock = evidence_lock_words(judgement, &finding->lock);

	finding->message =
		arena_printf(judgement->arena,
			     "child %d waits for %s, which the thread that forked holds itself.",
			     finding->child.pid, lock);
	finding->why = "the thread that forked held it at the fork and lives on in the child under "
		       "another thread id; it waits for itself.";
	cure_finding(judgement, finding,
		     &(struct cure_question){.situation = CURE_OWN, .kind = kind});
}

static void report_wait(struct judgement *judgement, const struct rule *rule,
			const struct record_wait *wait)
{
	struct finding *finding = judgement_add(judgement, rule);

	finding->severity = SEVERITY_ERROR;
	finding->certainty = CERTAINTY_PROVEN;
	wait_evidence(judgement, finding, wait);
	if (finding->holder.is_forker)
		orphaned_lock_explain_own_lock(judgement, finding, wait->kind);
	else
		orphaned_lock_explain_lost_holder(
			judgement, finding, wait->kind,
			lock_kind_facts(wait->kind)->family &&
				!lock_crosses_fork(wait->kind, wait->state, wait->state_length));
	evidence_identify(judgement, finding);
}

/* A signal handler inside of the call made the child, which went back into it. */
static void report_inherited_call(struct judgement *judgement, const struct rule *rule,
				  const struct record_hang *hang, const struct record_held *held)
{
	struct finding *finding = judgement_add(judgement, rule);

	finding->severity = SEVERITY_ERROR;
	finding->certainty = hang->is_proven ? CERTAINTY_PROVEN : CERTAINTY_SUSPECTED;
	evidence_forks(judgement, finding, held->fork, model_facts(judgement->model, hang->serial));
	evidence_lock(judgement, &finding->lock, hang->serial, held->lock, held->kind, held->state,
		      held->state_length, held->initialised);
	evidence_holder(judgement, &finding->holder, hang->serial, held);
	evidence_hang(judgement, &finding->child, hang);
	orphaned_lock_explain_lost_holder(
		judgement, finding, held->kind,
		!lock_crosses_fork(held->kind, held->state, held->state_length));
	evidence_identify(judgement, finding);
}

static void judge_inherited_calls(struct judgement *judgement, const struct rule *rule)
{
	const struct model_list *hangs = model_list(judgement->model, RECORD_HANG);

	for (size_t i = 0; i < hangs->count; i++) {
		const struct record_hang *hang = model_last_hang(judgement->model, i);
		const struct record_held *held =
			hang ? held_before_birth(judgement->model, hang) : NULL;

		if (held)
			report_inherited_call(judgement, rule, hang, held);
	}
}

/* It asks again and again, and does nothing else. */
static void report_tries(struct judgement *judgement, const struct rule *rule,
			 const struct record_hang *hang, const struct record_wait *wait)
{
	struct finding *finding = judgement_add(judgement, rule);
	const char *lock;

	finding->severity = SEVERITY_ERROR;
	finding->certainty = CERTAINTY_SUSPECTED;
	wait_evidence(judgement, finding, wait);
	orphaned_lock_explain_lost_holder(
		judgement, finding, wait->kind,
		!lock_crosses_fork(wait->kind, wait->state, wait->state_length));
	lock = evidence_lock_words(judgement, &finding->lock);
	finding->message = arena_printf(judgement->arena,
					"child %d asks for %s again and again; its holder does not "
					"exist in the child.",
					finding->child.pid, lock);
	finding->why = arena_printf(
		judgement->arena,
		"only the thread that forked exists in the child; the holder can never unlock it "
		"there, so every try fails. Not proven to go on for ever: %.*s.",
		(int)hang->reason_length, hang->reason);
	evidence_identify(judgement, finding);
}

static void orphaned_lock_judge_tries(struct judgement *judgement, const struct rule *rule)
{
	const struct model_list *hangs = model_list(judgement->model, RECORD_HANG);

	for (size_t i = 0; i < hangs->count; i++) {
		const struct record_hang *hang = model_last_hang(judgement->model, i);
		const struct record_wait *wait = hang ? tries_of(judgement->model, hang) : NULL;

		if (wait)
			report_tries(judgement, rule, hang, wait);
	}
}

static void report_failed_unlock(struct judgement *judgement, const struct rule *rule,
				 const struct record_touch *touch, const struct record_held *held)
{
	struct model *model = judgement->model;
	const struct process_facts *child = model_facts(model, touch->record.process);
	struct finding *finding = judgement_add(judgement, rule);
	const char *lock;

	finding->severity = SEVERITY_ERROR;
	finding->certainty = CERTAINTY_OBSERVED;
	evidence_forks(judgement, finding, held->fork, child);
	evidence_lock(judgement, &finding->lock, touch->record.process, held->lock, held->kind,
		      held->state, held->state_length, held->initialised);
	evidence_holder(judgement, &finding->holder, touch->record.process, held);
	finding->child.present = true;
	finding->child.pid = child ? child->pid : -1;
	finding->child.tid = finding->child.pid;
	finding->child.waiting_in = lock_function(touch->kind, touch->operation);
	finding->child.stack = evidence_stack(judgement, touch->record.process, touch->stack);
	finding->child.after_ms = -1;
	lock = evidence_lock_words(judgement, &finding->lock);
	finding->message = arena_printf(
		judgement->arena,
		"child %d could not unlock %s (EPERM): it stays locked in the child for ever.",
		finding->child.pid, lock);
	finding->why =
		"this type of mutex asks for the thread id of its owner, and the thread that "
		"forked has another id in the child.";
	cure_finding(judgement, finding,
		     &(struct cure_question){.situation = CURE_OWN, .kind = touch->kind});
	evidence_identify(judgement, finding);
}

static void judge_waits(struct judgement *judgement, const struct rule *rule)
{
	const struct model_list *list = model_list(judgement->model, RECORD_WAIT);

	for (size_t i = 0; i < list->count; i++) {
		const struct record_wait *wait = model_wait(judgement->model, list->references[i]);

		/* A call that came back was no hang: somebody in the child released the lock.
		 * In memory that the parent shares, its holder does: FC016. */
		if (!wait->flags && !wait->is_in_shared_memory &&
		    !reader_wait_ended(judgement->model->reader, list->references[i]))
			report_wait(judgement, rule, wait);
	}
}

/* FC007 says more: a handler took it, and a handler could not give it back. */
static bool is_by_handler(const struct record_touch *touch, const struct record_held *held)
{
	return touch->flags & TOUCH_FROM_HANDLER && held->flags & HELD_FROM_HANDLER;
}

static void judge_failed_unlocks(struct judgement *judgement, const struct rule *rule)
{
	const struct model_list *list = model_list(judgement->model, RECORD_TOUCH);

	for (size_t i = 0; i < list->count; i++) {
		const struct record_touch *touch =
			model_touch(judgement->model, list->references[i]);
		const struct record_held *held = model_held(judgement->model, touch->held);

		if (touch->operation == OPERATION_UNLOCK && touch->result == EPERM && held &&
		    held->flags & HELD_BY_FORKER && !is_by_handler(touch, held) &&
		    !wait_is_for_ever(judgement->model, touch->record.process, touch->lock))
			report_failed_unlock(judgement, rule, touch, held);
	}
}

void judge_orphaned_lock(struct judgement *judgement, const struct rule *rule)
{
	judge_waits(judgement, rule);
	orphaned_lock_judge_tries(judgement, rule);
	judge_inherited_calls(judgement, rule);
	judge_failed_unlocks(judgement, rule);
	judge_orphaned_regions(judgement, rule);
	judge_orphaned_python_locks(judgement, rule);
}
