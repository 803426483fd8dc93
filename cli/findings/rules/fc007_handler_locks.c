/*
 * FC007: an atfork handler unlocks what another thread holds, takes a lock that
 * the child cannot give back, or keeps what it took.
 */
#include "fc007_handler_locks.h"
#include "findings/cures/cures.h"
#include "findings/evidence/evidence.h"
#include "findings/evidence/fork_blockers.h"
#include "findings/evidence/lock_kinds.h"
#include "findings/evidence/wait_evidence.h"
#include <errno.h>

static struct finding *handler_locks_add(struct judgement *judgement, const struct rule *rule,
					 uint32_t process, const struct record_held *held,
					 enum severity severity)
{
	struct finding *finding = judgement_add(judgement, rule);

	finding->severity = severity;
	finding->certainty = CERTAINTY_OBSERVED;
	evidence_fork(judgement, &finding->fork, held->fork, NULL);
	evidence_lock(judgement, &finding->lock, process, held->lock, held->kind, held->state,
		      held->state_length, held->initialised);
	evidence_holder(judgement, &finding->holder, process, held);
	return finding;
}

static const char *name_handler(struct judgement *judgement, struct finding *finding,
				uint32_t process, const struct frames *stack)
{
	struct fork_stack split = fork_stack_split(judgement, process, stack);

	if (!split.handler)
		return "an atfork handler";
	finding->handler.present = true;
	finding->handler.function = split.handler->function;
	finding->handler.library = evidence_file_name(split.handler->module);
	return split.handler->function ? split.handler->function : "an atfork handler";
}

static void handler_locks_fill_child(struct judgement *judgement, struct finding *finding,
				     const struct record_touch *touch)
{
	const struct process_facts *child = model_facts(judgement->model, touch->record.process);

	finding->fork.child_pid = child ? child->pid : -1;
	finding->child.present = true;
	finding->child.pid = child ? child->pid : -1;
	finding->child.tid = finding->child.pid;
	finding->child.waiting_in = lock_function(touch->kind, touch->operation);
	finding->child.stack = evidence_stack(judgement, touch->record.process, touch->stack);
	finding->child.after_ms = -1;
	finding->child.gave_up = true;
}

static void report_foreign_unlock(struct judgement *judgement, const struct rule *rule,
				  const struct record_touch *touch, const struct record_held *held)
{
	struct finding *finding =
		handler_locks_add(judgement, rule, touch->record.process, held, SEVERITY_ERROR);
	const char *lock = evidence_lock_words(judgement, &finding->lock);
	const char *handler;

	handler_locks_fill_child(judgement, finding, touch);
	handler = name_handler(judgement, finding, touch->record.process, &finding->child.stack);
	finding->message =
		arena_printf(judgement->arena,
			     "%s unlocks %s in the child, which another thread held at the fork.",
			     handler, lock);
	finding->why = "the handler did not take the lock before the fork: what it protects may be "
		       "half changed in the child, and the call is undefined.";
	cure_finding(judgement, finding,
		     &(struct cure_question){.situation = CURE_FOREIGN, .kind = touch->kind});
	evidence_identify(judgement, finding);
}

static void report_wrong_type(struct judgement *judgement, const struct rule *rule,
			      const struct record_touch *touch, const struct record_held *held)
{
	struct finding *finding =
		handler_locks_add(judgement, rule, touch->record.process, held, SEVERITY_ERROR);
	const char *lock = evidence_lock_words(judgement, &finding->lock);
	const char *handler;

	handler_locks_fill_child(judgement, finding, touch);
	handler = name_handler(judgement, finding, touch->record.process, &finding->child.stack);
	finding->message = arena_printf(
		judgement->arena,
		"%s cannot release %s in the child: a lock of this type does not cross a fork.",
		handler, lock);
	finding->why = "unlocking asks for the thread id of the owner, and the thread that forked "
		       "has another id in the child: the lock stays locked there, or is damaged.";
	cure_finding(judgement, finding,
		     &(struct cure_question){.situation = CURE_TYPE, .kind = touch->kind});
	evidence_identify(judgement, finding);
}

static void report_kept(struct judgement *judgement, const struct rule *rule,
			const struct record_held *held)
{
	bool in_child = held->flags & HELD_KEPT_IN_CHILD;
	struct finding *finding =
		handler_locks_add(judgement, rule, held->record.process, held, SEVERITY_WARNING);
	const char *lock = evidence_lock_words(judgement, &finding->lock);
	const char *handler = name_handler(judgement, finding, held->record.process,
					   &finding->holder.acquired_at);

	finding->message =
		arena_printf(judgement->arena, "%s took %s, and no handler released it in the %s.",
			     handler, lock, in_child ? "child" : "parent");
	finding->why = arena_printf(judgement->arena,
				    "fork() has returned and the lock is still held in the %s: the "
				    "next thread there that asks for it will hang.",
				    in_child ? "child" : "parent");
	cure_finding(judgement, finding,
		     &(struct cure_question){.situation = CURE_KEPT, .kind = held->kind});
	evidence_identify(judgement, finding);
}

/* Unlocking does not fail for a read-write lock: it takes a reader off that is not there. */
static bool unlock_failed(const struct record_touch *touch)
{
	return touch->result == EPERM || touch->kind == LOCK_RWLOCK;
}

static void judge_touch(struct judgement *judgement, const struct rule *rule,
			const struct record_touch *touch)
{
	const struct model *model = judgement->model;
	const struct record_held *held = model_held(model, touch->held);

	if (touch->operation != OPERATION_UNLOCK || !(touch->flags & TOUCH_FROM_HANDLER) || !held ||
	    wait_is_for_ever(model, touch->record.process, touch->lock))
		return;
	if (!(held->flags & HELD_BY_FORKER))
		report_foreign_unlock(judgement, rule, touch, held);
	else if (held->flags & HELD_FROM_HANDLER && unlock_failed(touch))
		report_wrong_type(judgement, rule, touch, held);
}

void judge_handler_locks(struct judgement *judgement, const struct rule *rule)
{
	const struct model *model = judgement->model;
	const struct model_list *touches = model_list(model, RECORD_TOUCH);
	const struct model_list *locks = model_list(model, RECORD_HELD);

	for (size_t i = 0; i < touches->count; i++)
		judge_touch(judgement, rule, model_touch(model, touches->references[i]));
	for (size_t i = 0; i < locks->count; i++) {
		const struct record_held *held = model_held(model, locks->references[i]);

		if (held->flags & HELD_KEPT)
			report_kept(judgement, rule, held);
	}
}
