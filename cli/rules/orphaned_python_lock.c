/*
 * The owner is a thread that the fork left behind, by its pthread_t. That no
 * thread of the child has this number was seen from outside.
 */
#include "orphaned_python_lock.h"
#include "evidence.h"
#include "missing_threads.h"
#include "object_evidence.h"
#include "python_advice.h"

const struct record_thread *python_lock_owner(const struct model *model,
					      const struct record_hang *hang, uint32_t *parent)
{
	const struct record_object *object = object_of(model, hang);
	const struct record_lost *lost = missing_since(model, hang->fork, parent);

	if (!hang->is_proven || !object || !object->owner || object->kind != LOCK_PYTHON_RLOCK)
		return NULL;
	for (uint32_t i = 0; lost && i < lost->count; i++) {
		const struct record_thread *thread = model_thread(model, lost->threads[i]);

		if (thread && thread->self == object->owner)
			return thread;
	}
	return NULL;
}

static void report(struct judgement *judgement, const struct rule *rule,
		   const struct record_hang *hang, const struct record_thread *owner,
		   uint32_t parent)
{
	const struct record_object *object = object_of(judgement->model, hang);
	struct finding *finding = judgement_add(judgement, rule);

	finding->severity = SEVERITY_ERROR;
	finding->certainty = CERTAINTY_PROVEN;
	evidence_fork(judgement, &finding->fork, hang->fork,
		      model_process(judgement->model, hang->serial));
	evidence_lock(judgement, &finding->lock, hang->serial, object->address, object->kind, NULL,
		      0, 0);
	evidence_thread(judgement, &finding->holder, parent, owner, -1);
	evidence_hang(judgement, &finding->child, hang);
	finding->message = arena_printf(
		judgement->arena, "child %d waits for %s; its holder does not exist in the child.",
		finding->child.pid, evidence_lock_words(judgement, &finding->lock));
	finding->why = "only the thread that forked exists in the child; the holder can never "
		       "release it there.";
	finding->advice = "release it before the fork, or fork before threads are started, or "
			  "start the child with the start method \"spawn\" or \"forkserver\".";
	python_advice(judgement, finding);
	evidence_identify(judgement, finding);
}

void judge_orphaned_python_locks(struct judgement *judgement, const struct rule *rule)
{
	const struct model_list *hangs = model_list(judgement->model, RECORD_HANG);

	for (size_t i = 0; i < hangs->count; i++) {
		const struct record_hang *hang = model_last_hang(judgement->model, i);
		uint32_t parent = 0;
		const struct record_thread *owner =
			hang ? python_lock_owner(judgement->model, hang, &parent) : NULL;

		if (owner)
			report(judgement, rule, hang, owner, parent);
	}
}
