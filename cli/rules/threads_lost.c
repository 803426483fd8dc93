/*
 * FC008: a fork without exec while other threads were alive. A note: many
 * programs do it safely.
 */
#include "evidence.h"
#include <string.h>

/* The library that a thread belongs to, by its start routine. */
struct membership {
	const struct record_thread *thread;
	const char *library;
	const char *name;
};

static struct membership membership_of(struct judgement *judgement, uint32_t process,
				       const struct record_thread *thread)
{
	struct holder_part facts = {0};
	struct membership membership = {.thread = thread};
	struct record_thread bare = *thread;

	bare.created_at = 0;
	evidence_thread(judgement, &facts, process, &bare, thread->tid);
	membership.library = facts.library;
	membership.name = facts.name;
	return membership;
}

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

static void add_name(struct missing_group *group, const char *name)
{
	for (size_t i = 0; i < group->name_count; i++)
		if (same_text(group->names[i], name))
			return;
	if (name)
		group->names[group->name_count++] = name;
}

/* Groups hold as many names as there are threads, at most. */
static void fill_missing(struct judgement *judgement, struct finding *finding, uint32_t process,
			 const struct record_lost *lost)
{
	finding->missing = arena_array(judgement->arena, lost->count, sizeof(*finding->missing));
	for (uint32_t i = 0; i < lost->count; i++) {
		const struct record_thread *thread =
			model_thread(judgement->model, lost->threads[i]);
		struct membership membership;
		struct missing_group *group;

		if (!thread)
			continue;
		membership = membership_of(judgement, process, thread);
		group = group_of(finding, membership.library);
		if (!group) {
			group = &finding->missing[finding->missing_count++];
			group->library = membership.library;
			group->names = arena_array(judgement->arena, lost->count - i,
						   sizeof(*group->names));
			group->created_at = evidence_stack(judgement, process, thread->created_at);
		}
		group->count++;
		add_name(group, membership.name);
	}
}

static const struct process_facts *find_child(const struct model *model, session_reference fork)
{
	for (uint32_t serial = 1; serial < model->process_capacity; serial++) {
		const struct process_facts *child = model_process(model, serial);

		if (child && child->fork == fork && !(model_state(model, child) & BIRTH_EXECED))
			return child;
	}
	return NULL;
}

static void report(struct judgement *judgement, const struct rule *rule, session_reference fork,
		   const struct record_lost *lost, uint64_t count)
{
	const struct record_fork *record = model_fork(judgement->model, fork);
	struct finding *finding = judgement_add(judgement, rule);

	finding->severity = SEVERITY_NOTE;
	finding->certainty = CERTAINTY_OBSERVED;
	finding->count = count;
	evidence_fork(judgement, &finding->fork, fork, find_child(judgement->model, fork));
	fill_missing(judgement, finding, record->parent, lost);
	finding->message =
		arena_printf(judgement->arena, "a fork without exec left %u other thread%s behind.",
			     lost->count, lost->count == 1 ? "" : "s");
	finding->why = "the child has the memory of these threads and none of them: what they held "
		       "or were asked to do stays as it is.";
	finding->advice = "fork before threads are started, or let the child exec at once; safe as "
			  "long as the child uses nothing that these threads own.";
	evidence_identify(judgement, finding);
}

void judge_threads_lost(struct judgement *judgement, const struct rule *rule)
{
	const struct model *model = judgement->model;
	const struct model_list *forks = model_list(model, RECORD_FORK);

	for (size_t i = 0; i < forks->count; i++) {
		session_reference fork = forks->references[i];
		uint64_t children = reader_count(model->reader, fork);
		uint64_t execs = reader_fork_execs(model->reader, fork);
		const struct record_lost *lost =
			model_lost(model, reader_fork_lost(model->reader, fork));

		if (lost && lost->count && children > execs)
			report(judgement, rule, fork, lost, children - execs);
	}
}
