/* Groups the threads that a fork left behind by the library that they belong to. */
#include "missing_threads.h"
#include "attribution.h"
#include "evidence.h"
#include "python_evidence.h"
#include <string.h>

static bool same_text(const char *one, const char *other)
{
	return one == other || (one && other && strcmp(one, other) == 0);
}

static struct missing_group *group_of(struct finding *finding, const char *library)
{
	for (size_t i = 0; i < finding->missing_count; i++)
		if (same_text(finding->missing[i].library, library))
			return &finding->missing[i];
	return NULL;
}

static const char *name_of(struct judgement *judgement, const struct record_thread *thread)
{
	size_t length = strnlen(thread->name, sizeof(thread->name));
	const char *python_name = python_evidence_name(judgement, thread);

	if (python_name)
		return python_name;
	return length ? arena_strndup(judgement->arena, thread->name, length) : NULL;
}

static void add_name(struct missing_group *group, const char *name)
{
	for (size_t i = 0; i < group->name_count; i++)
		if (same_text(group->names[i], name))
			return;
	if (name)
		group->names[group->name_count++] = name;
}

/* Groups hold as many names as there are threads, at most. */
void missing_threads(struct judgement *judgement, struct finding *finding, uint32_t process,
		     const struct record_lost *lost)
{
	finding->missing = arena_array(judgement->arena, lost->count, sizeof(*finding->missing));
	for (uint32_t i = 0; i < lost->count; i++) {
		const struct record_thread *thread =
			model_thread(judgement->model, lost->threads[i]);
		struct missing_group *group;
		const char *library;

		if (!thread)
			continue;
		library = attribute_thread(judgement, process, thread);
		group = group_of(finding, library);
		if (!group) {
			group = &finding->missing[finding->missing_count++];
			group->library = library;
			group->names = arena_array(judgement->arena, lost->count - i,
						   sizeof(*group->names));
			group->created_at = evidence_stack(judgement, process, thread->created_at);
			group->created_at.python =
				python_evidence(judgement, process, thread->created_python, 0);
		}
		group->count++;
		add_name(group, name_of(judgement, thread));
	}
}

const struct record_lost *missing_since(const struct model *model, session_reference fork,
					uint32_t *parent)
{
	for (int i = 0; i < GENERATIONS_MAX && fork; i++) {
		const struct record_fork *record = model_fork(model, fork);
		const struct record_lost *lost =
			model_lost(model, reader_fork_lost(model->reader, fork));
		const struct process_facts *process;

		if (!record)
			return NULL;
		*parent = record->parent;
		if (lost && lost->count)
			return lost;
		process = model_process(model, record->parent);
		fork = process && process->kind == BIRTH_CHILD ? process->fork : 0;
	}
	return NULL;
}
