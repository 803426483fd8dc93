/*
 * The locks that children hang on, or failed to get, are found here in WAIT and HANG records: a
 * rule that tells of the same lock at the same fork would say less.
 */
#include "told_locks.h"
#include "fork_line.h"
#include "wait_evidence.h"

/* A hang, or a try that failed. */
static bool told_locks_has_failed(const struct model *model, session_reference reference)
{
	const struct record_wait *wait = model_wait(model, reference);

	return wait_gave_up(model, reference) ||
	       (!wait->flags && !reader_wait_ended(model->reader, reference)) ||
	       tries_are_endless(model, wait->record.process, wait->lock);
}

static bool is_waited_for(const struct model *model, uint64_t lock, uint32_t kind,
			  session_reference fork)
{
	const struct model_list *waits = model_list(model, RECORD_WAIT);

	for (size_t i = 0; i < waits->count; i++) {
		const struct record_wait *wait = model_wait(model, waits->references[i]);

		if (wait->lock == lock && wait->kind == kind &&
		    told_locks_has_failed(model, waits->references[i]) &&
		    fork_line_comes_from(model, wait->fork, fork))
			return true;
	}
	return false;
}

/* What it waits on, as its own table knew it: a semaphore, or a lock that is built on one. */
static bool is_object_of(const struct model *model, const struct record_hang *hang, uint64_t lock)
{
	const struct model_list *objects = model_list(model, RECORD_OBJECT);

	for (size_t i = objects->count; i-- > 0;) {
		const struct record_object *object = model_object(model, objects->references[i]);

		if (object->serial == hang->serial && object->waited == hang->address &&
		    object->address == lock)
			return true;
	}
	return false;
}

static bool hangs_on(const struct model *model, const struct record_hang *hang, uint64_t lock,
		     uint32_t kind, session_reference fork)
{
	const struct record_held *before = held_before_birth(model, hang);
	const struct record_wait *wait = model_wait(model, hang->wait);

	/* A child of the line came back from a signal handler into a call for it. */
	if (before && before->lock == lock && before->kind == kind &&
	    fork_line_comes_from(model, before->fork, fork))
		return true;
	if (!fork_line_comes_from(model, hang->fork, fork))
		return false;
	if (wait)
		return wait->lock == lock && wait->kind == kind;
	return hang->address && (hang->address == lock || is_object_of(model, hang, lock));
}

bool told_locks_have(const struct model *model, uint64_t lock, uint32_t kind,
		     session_reference fork)
{
	const struct model_list *hangs = model_list(model, RECORD_HANG);

	if (is_waited_for(model, lock, kind, fork))
		return true;
	for (size_t i = 0; i < hangs->count; i++) {
		const struct record_hang *hang = model_last_hang(model, i);

		if (hang && hangs_on(model, hang, lock, kind, fork))
			return true;
	}
	return false;
}
