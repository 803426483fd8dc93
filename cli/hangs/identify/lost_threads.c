/*
 * The threads that a process does not have are found in the model, up the line of its forks to
 * the last exec.
 */
#include "lost_threads.h"

#define GENERATIONS_MAX 1024

static bool each_of(const struct model *model, const struct record_fork *fork,
		    const struct record_lost *lost,
		    bool (*visit)(const struct record_thread *thread, uint32_t parent, void *data),
		    void *data)
{
	for (uint32_t i = 0; lost && i < lost->count; i++) {
		const struct record_thread *thread = model_thread(model, lost->threads[i]);

		if (thread && !visit(thread, fork->parent, data))
			return false;
	}
	return true;
}

bool lost_each(const struct model *model, const struct process_facts *process,
	       bool (*visit)(const struct record_thread *thread, uint32_t parent, void *data),
	       void *data)
{
	for (int i = 0; i < GENERATIONS_MAX && process && process->kind == BIRTH_CHILD; i++) {
		const struct record_fork *fork = model_fork(model, process->fork);

		if (!fork)
			return true;
		if (!each_of(model, fork,
			     model_lost(model, reader_fork_lost(model->reader, process->fork)),
			     visit, data))
			return false;
		process = model_facts(model, process->parent);
	}
	return true;
}

static bool is_not_user(const struct record_thread *thread, uint32_t parent, void *data)
{
	const uint64_t *use = data;

	(void)parent;
	return thread->flags & THREAD_UNSEEN ||
	       (thread->serial & OBJECT_SERIAL) != (*use >> OBJECT_THREAD & OBJECT_SERIAL);
}

bool lost_used(const struct model *model, const struct process_facts *process, uint64_t use)
{
	return use >> OBJECT_THREAD & OBJECT_SERIAL &&
	       !lost_each(model, process, is_not_user, &use);
}

static bool is_not_self(const struct record_thread *thread, uint32_t parent, void *data)
{
	const uint64_t *self = data;

	(void)parent;
	return thread->self != *self;
}

bool lost_has_self(const struct model *model, const struct process_facts *process, uint64_t self)
{
	return !lost_each(model, process, is_not_self, &self);
}
