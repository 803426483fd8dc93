/*
 * FC001 for locks of CPython that name their owner: it is a thread that the fork left behind,
 * by its pthread_t. That no thread of the child has this number was seen from outside.
 */
#include "fc001_orphaned_python_lock.h"
#include "findings/cures/cures.h"
#include "findings/evidence/evidence.h"
#include "findings/evidence/object_evidence.h"
#include "findings/evidence/object_place.h"

static const struct record_thread *with_self(const struct model *model,
					     const struct record_lost *lost, uint64_t self)
{
	for (uint32_t i = 0; lost && i < lost->count; i++) {
		const struct record_thread *thread = model_thread(model, lost->threads[i]);

		if (thread && thread->self == self)
			return thread;
	}
	return NULL;
}

const struct record_thread *python_lock_owner(const struct model *model,
					      const struct record_hang *hang,
					      struct fork_link *link)
{
	const struct record_object *object = object_of(model, hang);
	const struct record_thread *owner = NULL;
	bool more;

	if (!hang->is_proven || !object || !object->owner ||
	    (object->kind != LOCK_PYTHON_RLOCK && object->kind != LOCK_SEMAPHORE))
		return NULL;
	more = fork_line_begin(model, link, hang->fork, model_facts(model, hang->serial));
	while (more && !owner) {
		owner = with_self(model, link->lost, object->owner);
		more = !owner && fork_line_next(model, link);
	}
	return owner;
}

static void orphaned_python_lock_report(struct judgement *judgement, const struct rule *rule,
					const struct record_hang *hang,
					const struct record_thread *owner,
					const struct fork_link *link)
{
	const struct record_object *object = object_of(judgement->model, hang);
	struct finding *finding = judgement_add(judgement, rule);

	finding->severity = SEVERITY_ERROR;
	finding->certainty = CERTAINTY_PROVEN;
	evidence_forks(judgement, finding, link->fork, model_facts(judgement->model, hang->serial));
	evidence_lock(judgement, &finding->lock, hang->serial, object->address, object->kind, NULL,
		      0, 0);
	evidence_thread(judgement, &finding->holder, link->parent, owner, -1);
	evidence_hang(judgement, &finding->child, hang);
	object_place(judgement, finding, hang);
	if (finding->fork.is_outside)
		finding->holder.stands_at = evidence_task(judgement, link->parent, owner->tid);
	finding->message = arena_printf(
		judgement->arena, "child %d waits for %s; its holder does not exist in the child.",
		finding->child.pid, evidence_lock_words(judgement, &finding->lock));
	finding->why = "only the thread that forked exists in the child; the holder can never "
		       "release it there.";
	cure_finding(judgement, finding,
		     &(struct cure_question){.situation = CURE_ORPHANED, .kind = object->kind});
	evidence_identify(judgement, finding);
}

void judge_orphaned_python_locks(struct judgement *judgement, const struct rule *rule)
{
	const struct model_list *hangs = model_list(judgement->model, RECORD_HANG);

	for (size_t i = 0; i < hangs->count; i++) {
		const struct record_hang *hang = model_last_hang(judgement->model, i);
		struct fork_link link;
		const struct record_thread *owner =
			hang ? python_lock_owner(judgement->model, hang, &link) : NULL;

		if (owner)
			orphaned_python_lock_report(judgement, rule, hang, owner, &link);
	}
}
