/*
 * The WAIT record of a child becomes the parts of a finding here, from the model alone. A
 * lock's history is looked for up the line of forks.
 */
#include "wait_evidence.h"
#include "fork_line.h"
#include "lock_kinds.h"
#include "object_place.h"
#include "python_evidence.h"
#include <errno.h>

static int wait_evidence_owner_of(const struct model *model, const struct record_held *held)
{
	const struct record_thread *thread = model_thread(model, held->thread);

	return thread ? thread->tid : -1;
}

/* Was the lock recorded as held at this fork, by the thread that its word names? */
static const struct record_held *held_at(const struct model *model, session_reference fork,
					 const struct record_wait *wait)
{
	const struct model_list *list = model_list(model, RECORD_HELD);

	for (size_t i = 0; i < list->count; i++) {
		const struct record_held *held = model_held(model, list->references[i]);

		if (held->fork == fork && held->lock == wait->lock &&
		    wait_evidence_owner_of(model, held) == wait->owner)
			return held;
	}
	return NULL;
}

/* A lock stays orphaned in the children of the child. */
static const struct record_held *wait_evidence_find_held(const struct model *model,
							 const struct record_wait *wait,
							 session_reference *fork)
{
	const struct record_held *held = model_held(model, wait->held);
	struct fork_link link;
	bool more = !held && fork_line_begin(model, &link, wait->fork, NULL);

	for (; more; more = !held && fork_line_next(model, &link))
		held = held_at(model, link.fork, wait);
	*fork = held ? held->fork : wait->fork;
	return held;
}

static const struct record_thread *with_id(const struct model *model,
					   const struct record_lost *lost, int tid)
{
	for (uint32_t i = 0; lost && i < lost->count; i++) {
		const struct record_thread *thread = model_thread(model, lost->threads[i]);

		if (thread && thread->tid == tid)
			return thread;
	}
	return NULL;
}

/* The lost thread with the id that the lock's word names, and the fork that lost it. */
static const struct record_thread *find_lost_thread(const struct model *model,
						    session_reference *fork, int tid)
{
	const struct record_thread *thread = NULL;
	struct fork_link link;
	bool more = fork_line_begin(model, &link, *fork, NULL);

	for (; more; more = !thread && fork_line_next(model, &link)) {
		thread = with_id(model, link.lost, tid);
		if (thread)
			*fork = link.fork;
	}
	return thread;
}

static void wait_evidence_fill_child(struct judgement *judgement, struct finding *finding,
				     const struct process_facts *child,
				     const struct record_wait *wait)
{
	struct child_part *part = &finding->child;

	part->present = true;
	part->pid = child ? child->pid : -1;
	part->tid = wait->tid;
	part->stack = evidence_stack(judgement, wait->record.process, wait->stack);
	part->stack.python =
		python_evidence_at(judgement, wait->record.process, wait->python, wait->stack);
	part->waiting_in = lock_function(wait->kind, wait->operation);
	if (!part->waiting_in)
		part->waiting_in =
			evidence_waiting_in(judgement, wait->record.process, &part->stack);
	part->after_ms = child && !child->is_outside && wait->record.time_ns >= child->birth_ns
				 ? (double)(wait->record.time_ns - child->birth_ns) / 1e6
				 : -1;
}

/* The parent runs on, and so does the thread that it has. */
static void wait_evidence_place_holder(struct judgement *judgement, struct finding *finding,
				       const struct record_held *held)
{
	const struct record_thread *thread = model_thread(judgement->model, held->thread);

	if (thread)
		finding->holder.stands_at = evidence_task(judgement, thread->born_in, thread->tid);
}

void wait_evidence(struct judgement *judgement, struct finding *finding,
		   const struct record_wait *wait)
{
	struct model *model = judgement->model;
	const struct process_facts *child = model_facts(model, wait->record.process);
	session_reference fork;
	const struct record_held *held = wait_evidence_find_held(model, wait, &fork);
	const struct record_thread *holder =
		held ? NULL : find_lost_thread(model, &fork, wait->owner);

	evidence_forks(judgement, finding, fork, child);
	evidence_lock(judgement, &finding->lock, wait->record.process, wait->lock, wait->kind,
		      wait->state, wait->state_length,
		      held && held->initialised ? held->initialised : wait->initialised);
	if (held)
		evidence_holder(judgement, &finding->holder, wait->record.process, held);
	else
		evidence_thread(judgement, &finding->holder, wait->record.process, holder,
				wait->owner);
	if (finding->fork.is_outside && held)
		wait_evidence_place_holder(judgement, finding, held);
	finding->holder.is_forker |=
		finding->holder.tid >= 0 && finding->holder.tid == finding->fork.tid;
	wait_evidence_fill_child(judgement, finding, child, wait);
	/* Who made it says more than who uses it. */
	if (!finding->lock.initialised_at.count)
		object_place_on_stack(judgement, finding);
}

bool wait_is_for_ever(const struct model *model, uint32_t process, uint64_t lock)
{
	return model_waited_for_ever(model, process, lock);
}

bool wait_gave_up(const struct model *model, session_reference reference)
{
	const struct record_wait *wait = model_wait(model, reference);
	int result = reader_wait_result(model->reader, reference);

	return wait->flags && reader_wait_ended(model->reader, reference) &&
	       (result == EBUSY || result == ETIMEDOUT);
}

bool wait_is_for_own_lock(const struct model *model, const struct record_wait *wait)
{
	session_reference fork;
	const struct record_held *held = wait_evidence_find_held(model, wait, &fork);
	const struct record_fork *record = model_fork(model, fork);
	const struct record_thread *forker = record ? model_thread(model, record->thread) : NULL;
	bool is_own = held ? held->flags & HELD_BY_FORKER : forker && forker->tid == wait->owner;

	return is_own && lock_crosses_fork(wait->kind, wait->state, wait->state_length);
}

const struct record_wait *tries_of(const struct model *model, const struct record_hang *hang)
{
	const struct record_wait *wait =
		hang->kind == HANG_SPINNING ? model_wait(model, hang->wait) : NULL;

	return wait && wait->flags & (WAIT_TRY | WAIT_TIMED) ? wait : NULL;
}

bool tries_are_endless(const struct model *model, uint32_t process, uint64_t lock)
{
	const struct model_list *hangs = model_list(model, RECORD_HANG);

	for (size_t i = 0; i < hangs->count; i++) {
		const struct record_hang *hang = model_last_hang(model, i);
		const struct record_wait *wait = hang ? tries_of(model, hang) : NULL;

		if (wait && hang->serial == process && wait->lock == lock)
			return true;
	}
	return false;
}

const struct record_held *held_before_birth(const struct model *model,
					    const struct record_hang *hang)
{
	return hang->kind == HANG_CHILD ? model_held(model, hang->about) : NULL;
}
