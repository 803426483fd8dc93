/*
 * FC008: a process forked without exec while other threads were alive. It is a note: many
 * programs do it safely.
 */
#include "base/library_names.h"
#include "findings/cures/cures.h"
#include "findings/evidence/evidence.h"
#include "findings/evidence/fork_paths.h"
#include "findings/evidence/missing_threads.h"

static const struct process_facts *find_child(const struct model *model, session_reference fork)
{
	for (uint32_t serial = model_first_child(model, fork), next; serial; serial = next) {
		const struct process_facts *child = model_facts(model, serial);

		next = child ? child->next_sibling : 0;
		if (child && child->fork == fork && !(model_state(model, child) & BIRTH_EXECED))
			return child;
	}
	return NULL;
}

/* They are taken by instructions of their library's own, and only then by a call where they are
 * contended. */
static const char *unseen_locks(struct judgement *judgement, session_reference fork)
{
	const struct model *model = judgement->model;
	const struct process_facts *parent = model_facts(model, model_fork(model, fork)->parent);
	const struct model_list *uses = model_list(model, RECORD_USE);

	for (size_t i = 0; parent && i < uses->count; i++) {
		const struct record_use *use = model_use(model, uses->references[i]);
		struct address_space *space;
		const char *path;

		if (use->kind != USE_FUTEX || use->image != parent->image)
			continue;
		space = model_space(judgement->model, use->image);
		path = space ? space_module_path(space, use->address) : NULL;
		if (path)
			return arena_printf(
				judgement->arena,
				" Locks that %s makes of futexes are seen only where they "
				"are contended, and not predicted.",
				library_file_name(path));
	}
	return "";
}

static void threads_lost_report(struct judgement *judgement, const struct rule *rule,
				session_reference fork, const struct record_lost *lost,
				uint64_t count)
{
	const struct record_fork *record = model_fork(judgement->model, fork);
	struct finding *finding = judgement_add(judgement, rule);

	finding->severity = SEVERITY_NOTE;
	finding->certainty = CERTAINTY_OBSERVED;
	finding->count = count;
	evidence_fork(judgement, &finding->fork, fork, find_child(judgement->model, fork));
	missing_threads(judgement, finding, record->parent, lost);
	finding->message =
		arena_printf(judgement->arena, "a fork without exec left %u other thread%s behind.",
			     lost->count, lost->count == 1 ? "" : "s");
	finding->why = arena_printf(
		judgement->arena,
		"the child has the memory of these threads and none of them: what they "
		"held or were asked to do stays as it is. That is safe as long as the child uses "
		"none of it.%s%s",
		fork_path_remark(judgement, &finding->fork), unseen_locks(judgement, fork));
	cure_finding(judgement, finding, &(struct cure_question){.situation = CURE_LEFT});
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
			threads_lost_report(judgement, rule, fork, lost, children - execs);
	}
}
