/*
 * What is known of an ownerless object, its name and who used it last, is found in the model.
 * A use names its thread by the lower bits of a serial.
 */
#include "object_evidence.h"
#include "attribution.h"
#include "evidence.h"
#include "lock_kinds.h"
#include "object_place.h"
#include "python_evidence.h"
#include <string.h>

static uint64_t serial_in(uint64_t use)
{
	return use >> OBJECT_THREAD & OBJECT_SERIAL;
}

const struct record_object *object_of(const struct model *model, const struct record_hang *hang)
{
	const struct model_list *list = model_list(model, RECORD_OBJECT);

	for (size_t i = list->count; i-- > 0;) {
		const struct record_object *object = model_object(model, list->references[i]);

		if (object->kind && object->serial == hang->serial &&
		    object->waited == hang->address)
			return object;
	}
	return NULL;
}

static bool is_user(const struct record_thread *thread, uint64_t use)
{
	return thread && !(thread->flags & THREAD_UNSEEN) &&
	       (thread->serial & OBJECT_SERIAL) == serial_in(use);
}

/* The one thread with these bits; NULL: none, or more than one. */
static const struct record_thread *find_user(const struct model *model,
					     const struct record_lost *lost, uint64_t use)
{
	const struct record_thread *found = NULL;

	for (uint32_t i = 0; lost && i < lost->count && serial_in(use); i++) {
		const struct record_thread *thread = model_thread(model, lost->threads[i]);

		if (!is_user(thread, use))
			continue;
		if (found)
			return NULL;
		found = thread;
	}
	return found;
}

/* The lost thread, and the fork that lost it: threads of one line have serials of their own. */
static const struct record_thread *find_lost_user(const struct model *model,
						  const struct record_hang *hang, uint64_t use,
						  struct fork_link *link)
{
	const struct record_thread *user = NULL;
	bool more;

	/* What hangs in fork() has them still. */
	if (hang->kind == HANG_IN_FORK) {
		*link = (struct fork_link){.parent = hang->serial};
		return find_user(model, model_lost(model, hang->others), use);
	}
	more = serial_in(use) &&
	       fork_line_begin(model, link, hang->fork, model_facts(model, hang->serial));

	while (more && !user) {
		user = find_user(model, link->lost, use);
		more = !user && fork_line_next(model, link);
	}
	return user;
}

static const struct record_thread *object_evidence_find_forker(const struct model *model,
							       session_reference fork)
{
	const struct record_fork *record = model_fork(model, fork);

	return record ? model_thread(model, record->thread) : NULL;
}

static void fill_user(struct judgement *judgement, struct use_part *part, uint32_t process,
		      const struct record_thread *thread)
{
	part->tid = thread->tid;
	thread = model_unseen(judgement->model, thread);
	part->thread_name = arena_strndup(judgement->arena, thread->name,
					  strnlen(thread->name, sizeof(thread->name)));
	part->python_name = python_evidence_name(judgement, thread);
	part->library = attribute_thread(judgement, process, thread);
}

/* A child of a child has its parent's marks. */
static bool is_of_child(const struct model *model, const struct record_hang *hang, uint64_t use)
{
	const struct process_facts *facts = model_facts(model, hang->serial);
	const struct process_facts *parent = facts ? model_facts(model, facts->parent) : NULL;

	return use & OBJECT_IN_CHILD && parent && !parent->lost;
}

static void fill_use(struct judgement *judgement, struct use_part *part, const char *verb,
		     const struct record_hang *hang, session_reference fork, uint64_t use)
{
	const struct model *model = judgement->model;
	struct address_space *space = model_space(judgement->model, hang->serial);
	const struct record_thread *forker = object_evidence_find_forker(model, fork), *user;
	struct fork_link link;

	if (!use || !verb)
		return;
	user = find_lost_user(model, hang, use, &link);
	part->present = true;
	part->verb = verb;
	part->tid = -1;
	part->is_forker = !user && is_user(forker, use);
	part->in_child = !user && is_of_child(model, hang, use);
	if (space)
		part->stack = symbolize_code(space, judgement->arena, use & OBJECT_ADDRESS, true);
	/* Nothing is known of the callers, and nothing was cut. */
	part->stack.complete = true;
	if (user || part->is_forker)
		fill_user(judgement, part, user ? link.parent : hang->serial, user ? user : forker);
}

/* To signal or destroy a condition variable is to wait for those that wait on it. */
static bool waits_for_takers(const struct record_object *object, const char *function)
{
	return object->kind == LOCK_CONDITION && function && !strstr(function, "wait");
}

const struct record_thread *object_lost_user(const struct model *model,
					     const struct record_hang *hang, const char *function,
					     struct fork_link *link)
{
	const struct record_object *object = object_of(model, hang);
	const struct record_thread *giver, *taker;
	struct fork_link lost_taker;

	if (!object)
		return NULL;
	giver = find_lost_user(model, hang, object->gave, link);
	if (giver && !waits_for_takers(object, function))
		return giver;
	taker = find_lost_user(model, hang, object->took, &lost_taker);
	if (!taker)
		return giver;
	*link = lost_taker;
	return taker;
}

void object_evidence(struct judgement *judgement, struct finding *finding,
		     const struct record_hang *hang, session_reference fork)
{
	const struct record_object *object = object_of(judgement->model, hang);
	const struct lock_kind_facts *facts;

	if (!object) {
		object_place_of_futex(judgement, finding, hang);
		return;
	}
	facts = lock_kind_facts(object->kind);
	evidence_lock(judgement, &finding->lock, hang->serial,
		      lock_is_descriptor(object->kind) ? 0 : object->address, object->kind, NULL, 0,
		      object->made);
	fill_use(judgement, &finding->gave, facts->gave, hang, fork, object->gave);
	fill_use(judgement, &finding->took, facts->took, hang, fork, object->took);
	if (lock_is_descriptor(object->kind))
		finding->lock.place = arena_printf(judgement->arena, "(descriptor %d)",
						   (int)(uint32_t)object->address);
	else
		object_place(judgement, finding, hang);
}

/* Tasks that wait for ever may be waited for themselves; nobody has ever called one of those. */
bool object_awaits_lost_alone(const struct model *model, const struct record_hang *hang)
{
	const struct model_list *list = model_list(model, RECORD_OBJECT);
	struct fork_link link;
	bool any_timed = false;

	for (size_t i = 0; i < list->count; i++) {
		const struct record_object *object = model_object(model, list->references[i]);

		if (object->serial != hang->serial)
			continue;
		if (object->kind && find_lost_user(model, hang, object->gave, &link))
			any_timed |= object->is_timed;
		else if (object->is_timed || object->gave)
			return false;
	}
	return any_timed;
}
