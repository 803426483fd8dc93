/*
 * FC002, lost-wakeup: a child waits for threads that were lost at a fork. What it waits for
 * has no owner; that nothing can wake it was proven from the outside.
 */
#include "fc002_lost_wakeup.h"
#include "fc001_orphaned_python_lock.h"
#include "fc001_orphaned_region.h"
#include "fc015_lost_thread_used.h"
#include "findings/cures/cures.h"
#include "findings/evidence/attribution.h"
#include "findings/evidence/culprit.h"
#include "findings/evidence/evidence.h"
#include "findings/evidence/fork_paths.h"
#include "findings/evidence/lock_kinds.h"
#include "findings/evidence/missing_threads.h"
#include "findings/evidence/object_evidence.h"
#include "findings/evidence/wait_evidence.h"
#include <string.h>

/* An orphaned lock of the same process says more (FC001). */
static bool waits_for_lock(const struct model *model, uint32_t process)
{
	const struct model_list *waits = model_list(model, RECORD_WAIT);

	for (size_t i = 0; i < waits->count; i++) {
		const struct record_wait *wait = model_wait(model, waits->references[i]);

		if (wait->record.process == process &&
		    (!wait->flags || wait->is_in_shared_memory) &&
		    !reader_wait_ended(model->reader, waits->references[i]))
			return true;
	}
	return false;
}

/* How far out the library is in the stack; SIZE_MAX: it is not there. */
static size_t lost_wakeup_depth_of(const struct frames *stack, const char *library)
{
	for (size_t i = 0; library && i < stack->count; i++) {
		const char *name = evidence_file_name(stack->list[i].module);

		if (name && strcmp(name, library) == 0)
			return i;
	}
	return SIZE_MAX;
}

static bool lost_wakeup_is_interpreter(const struct finding *finding, const char *library)
{
	const struct python_frames *python = finding->child.stack.python;
	const char *name = python && python->count ? evidence_file_name(python->module) : NULL;

	return name && library && strcmp(name, library) == 0;
}

static const char *suspicion(const struct record_hang *hang)
{
	switch (hang->kind) {
	case HANG_TIMED:
		return "waits again and again, as if for";
	case HANG_SPINNING:
		return "spins, as if waiting for";
	default:
		return "seems to wait for";
	}
}

/* What ties the wait to the threads that are missing. */
static const char *tie_words(enum hang_evidence evidence, bool is_written)
{
	static const char *const words[EVIDENCE_KINDS] = {
		[EVIDENCE_NONE] = "",
		[EVIDENCE_HOLDER] = ", and one of them has what it waits for",
		[EVIDENCE_SERVED] = ", and only they have signalled what it waits for",
		[EVIDENCE_TAKEN] = ", and one of them had taken what it waits for",
		[EVIDENCE_HANDED] = ", and the child gave its work to them",
		[EVIDENCE_LIBRARY] = ", and it waits in the code that they belong to",
	};

	if (is_written && evidence == EVIDENCE_HANDED)
		return ", only they had written to what it waits for, and the child gave its work "
		       "to them";
	if (is_written && evidence == EVIDENCE_SERVED)
		return ", and only they had written to what it waits for";
	if (is_written)
		return ", only they had written to what it waits for, and it waits in the code "
		       "that they belong to";
	return evidence < EVIDENCE_KINDS ? words[evidence] : "";
}

static const char *whereabouts(struct judgement *judgement, const struct finding *finding)
{
	if (!finding->last_fork.present)
		return "the parent";
	return arena_printf(judgement->arena,
			    "process %d, at a fork before the one that made the child",
			    finding->fork.pid);
}

static const char *lost_wakeup_explain(struct judgement *judgement, const struct finding *finding,
				       const struct record_hang *hang, bool is_of_lost_alone)
{
	const struct record_object *object = object_of(judgement->model, hang);
	bool is_written = object && lock_is_descriptor(object->kind) && object->gave;
	enum hang_evidence evidence = is_of_lost_alone ? EVIDENCE_SERVED : hang->evidence;

	if (hang->is_proven)
		return arena_printf(judgement->arena,
				    "these threads stayed in %s%s; nobody else can end "
				    "its wait.",
				    whereabouts(judgement, finding),
				    tie_words(evidence, is_written));
	return arena_printf(judgement->arena, "these threads stayed in %s%s. Not proven: %.*s.",
			    whereabouts(judgement, finding), tie_words(evidence, is_written),
			    (int)hang->reason_length, hang->reason);
}

/*
 * A worker that waits in slices and works in between is healthy, and not all of its work can be
 * seen (a signal, a word in shared memory). What a library's own threads served is waited for
 * by that library; a program's own loop may well be one that lives on without them.
 */
static bool is_by_program(const struct finding *finding)
{
	return finding->missing_count && finding->missing[0].library && finding->fork.program &&
	       strcmp(finding->missing[0].library, evidence_file_name(finding->fork.program)) == 0;
}

/* Is the child in the code of threads that this fork lost? */
static bool is_in_code_of(struct judgement *judgement, const struct finding *finding,
			  const struct fork_link *link)
{
	for (uint32_t i = 0; link->lost && i < link->lost->count; i++) {
		const struct record_thread *thread =
			model_thread(judgement->model, link->lost->threads[i]);
		const char *library =
			thread ? attribute_thread(judgement, link->parent, thread) : NULL;

		if (!lost_wakeup_is_interpreter(finding, library) &&
		    lost_wakeup_depth_of(&finding->child.stack, library) != SIZE_MAX)
			return true;
	}
	return false;
}

static bool find_by_code(struct judgement *judgement, const struct finding *finding,
			 const struct record_hang *hang, struct fork_link *link)
{
	const struct model *model = judgement->model;
	bool more = fork_line_begin(model, link, hang->fork, model_facts(model, hang->serial));

	while (more && !is_in_code_of(judgement, finding, link))
		more = fork_line_next(model, link);
	return more;
}

/*
 * The fork that is to blame: the one that lost the thread which used last what the child waits
 * for, else one that lost threads whose code it is in, else the last one that lost any.
 */
static void find_culprit(struct judgement *judgement, struct finding *finding,
			 const struct record_hang *hang)
{
	const struct model *model = judgement->model;
	const struct process_facts *child = model_facts(model, hang->serial);
	struct fork_link link;
	const struct record_thread *user =
		object_lost_user(model, hang, finding->child.waiting_in, &link);
	bool found = user || find_by_code(judgement, finding, hang, &link) ||
		     fork_line_lost(model, &link, hang->fork, child);
	session_reference fork = found ? link.fork : hang->fork;

	evidence_forks(judgement, finding, fork, child);
	object_evidence(judgement, finding, hang, fork);
	if (!found)
		return;
	missing_threads(judgement, finding, link.parent, link.lost);
	missing_put_first(finding, user ? missing_group_of(judgement, finding, link.parent, user)
					: culprit_likeliest(judgement, finding, hang, &link));
}

static void lost_wakeup_report(struct judgement *judgement, const struct rule *rule,
			       const struct record_hang *hang)
{
	struct finding *finding = judgement_add(judgement, rule);
	const struct record_object *object = object_of(judgement->model, hang);
	bool is_of_lost_alone =
		hang->kind == HANG_TIMED && object_awaits_lost_alone(judgement->model, hang);

	finding->certainty = hang->is_proven ? CERTAINTY_PROVEN : CERTAINTY_SUSPECTED;
	evidence_hang(judgement, &finding->child, hang);
	find_culprit(judgement, finding, hang);
	finding->severity = hang->evidence || (is_of_lost_alone && !is_by_program(finding))
				    ? SEVERITY_ERROR
				    : SEVERITY_WARNING;
	finding->message = arena_printf(judgement->arena, "child %d %s %s not exist in it.",
					hang->pid, hang->is_proven ? "waits for" : suspicion(hang),
					culprit_words(judgement, finding));
	finding->why = arena_printf(judgement->arena, "%s%s",
				    lost_wakeup_explain(judgement, finding, hang, is_of_lost_alone),
				    fork_path_remark(judgement, &finding->fork));
	cure_finding(judgement, finding,
		     &(struct cure_question){.situation = CURE_LOST,
					     .kind = object ? object->kind : 0,
					     .detail = hang->evidence});
	evidence_identify(judgement, finding);
}

static bool is_of_lost_threads(const struct record_hang *hang)
{
	return hang->kind == HANG_CHILD || hang->kind == HANG_TIMED || hang->kind == HANG_SPINNING;
}

static bool is_lost_wakeup(struct judgement *judgement, const struct record_hang *hang)
{
	const struct model *model = judgement->model;
	const struct record_held *held;
	struct fork_link link;

	return is_of_lost_threads(hang) && !tries_of(model, hang) &&
	       !held_before_birth(model, hang) && !waits_for_lock(model, hang->serial) &&
	       !region_wait_of(model, hang, &held) && !python_lock_owner(model, hang, &link) &&
	       !hangs_in_lost_thread(judgement, hang);
}

bool lost_wakeup_of(struct judgement *judgement, uint32_t process)
{
	const struct model_list *hangs = model_list(judgement->model, RECORD_HANG);

	for (size_t i = 0; i < hangs->count; i++) {
		const struct record_hang *hang = model_last_hang(judgement->model, i);

		if (hang && hang->serial == process && is_lost_wakeup(judgement, hang))
			return true;
	}
	return false;
}

void judge_lost_wakeup(struct judgement *judgement, const struct rule *rule)
{
	const struct model_list *hangs = model_list(judgement->model, RECORD_HANG);

	for (size_t i = 0; i < hangs->count; i++) {
		const struct record_hang *hang = model_last_hang(judgement->model, i);

		if (hang && is_lost_wakeup(judgement, hang))
			lost_wakeup_report(judgement, rule, hang);
	}
}
