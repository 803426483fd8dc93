/*
 * FC015: a child joins, cancels, detaches or signals a thread that it does not have.
 * libc cannot know: it says that the thread has ended, or reads memory that was given
 * back. To have joined is to believe that the work is done, and to have crashed in the call is
 * the end of it: errors. The others: warnings. Other crashes are fc015_child_crash.c's.
 */
#include "fc015_lost_thread_used.h"
#include "fc015_child_crash.h"
#include "fc015_ended_child.h"
#include "findings/cures/cures.h"
#include "findings/evidence/ending_evidence.h"
#include "findings/evidence/evidence.h"
#include "findings/evidence/fork_line.h"
#include "findings/evidence/fork_paths.h"
#include "findings/evidence/libc_regions.h"
#include "findings/evidence/missing_threads.h"
#include "findings/evidence/python_evidence.h"
#include <string.h>

struct use {
	const char *function, *verb, *deed, *consequence;
};

#define JOINS "joins", "joined it"

static const char join_words[] =
	"returns 0, as if the thread had ended and had done its work, which it has not";
static const char *const crash_words =
	"; once libc has given the memory of lost threads back, the call crashes";

static const struct use uses[LOST_FUNCTIONS] = {
	[LOST_JOIN] = {"pthread_join", JOINS, join_words},
	[LOST_TRYJOIN] = {"pthread_tryjoin_np", JOINS, join_words},
	[LOST_TIMEDJOIN] = {"pthread_timedjoin_np", JOINS, join_words},
	[LOST_CLOCKJOIN] = {"pthread_clockjoin_np", JOINS, join_words},
	[LOST_THRD_JOIN] = {"thrd_join", JOINS, join_words},
	[LOST_DETACH] = {"pthread_detach", "detaches", "detached it",
			 "does nothing to the thread in the parent"},
	[LOST_THRD_DETACH] = {"thrd_detach", "detaches", "detached it",
			      "does nothing to the thread in the parent"},
	[LOST_KILL] = {"pthread_kill", "sends a signal to", "sent it a signal",
		       "reaches nobody, and fails or says that it was sent"},
	[LOST_CANCEL] = {"pthread_cancel", "cancels", "cancelled it",
			 "reaches nobody, and fails or says that it was done"},
};

static const struct use *use_of(const struct record_lost_use *record)
{
	return record->function < LOST_FUNCTIONS && uses[record->function].function
		       ? &uses[record->function]
		       : NULL;
}

static bool is_join(const struct use *use)
{
	return use->consequence == join_words;
}

static bool has_thread(const struct model *model, const struct record_lost *lost,
		       const struct record_thread *thread)
{
	for (uint32_t i = 0; lost && i < lost->count; i++) {
		const struct record_thread *other = model_thread(model, lost->threads[i]);

		if (other && other->born_in == thread->born_in && other->serial == thread->serial)
			return true;
	}
	return false;
}

/* The fork that left the thread behind: that of the child, or of one of its ancestors. */
static session_reference lost_thread_used_find_fork(const struct model *model,
						    const struct record_lost_use *record,
						    const struct record_thread *thread)
{
	struct fork_link link;
	bool more = fork_line_begin(model, &link, record->fork, NULL);

	for (; thread && more; more = fork_line_next(model, &link))
		if (has_thread(model, link.lost, thread))
			return link.fork;
	return record->fork;
}

static bool is_inside_join(struct judgement *judgement, const struct record_hang *hang)
{
	struct child_part child = {.present = false};

	evidence_hang(judgement, &child, hang);
	return child.waiting_in && strstr(child.waiting_in, "join");
}

/* What the same task of the child hangs in; NULL: nothing is known of that. */
static const struct record_hang *find_hang(const struct model *model,
					   const struct record_lost_use *record)
{
	const struct model_list *list = model_list(model, RECORD_HANG);

	for (size_t i = 0; i < list->count; i++) {
		const struct record_hang *hang = model_hang(model, list->references[i]);

		if (hang->serial == record->record.process && hang->tid == record->tid)
			return hang;
	}
	return NULL;
}

static void lost_thread_used_fill_child(struct judgement *judgement, struct finding *finding,
					const struct record_lost_use *record, const struct use *use)
{
	uint32_t process = record->record.process;
	const struct process_facts *facts = model_facts(judgement->model, process);
	struct child_part *part = &finding->child;

	part->present = true;
	part->pid = facts ? facts->pid : -1;
	part->tid = record->tid;
	part->waiting_in = use->function;
	part->deed = use->deed;
	part->stack = evidence_stack(judgement, process, record->stack);
	part->stack.python = python_evidence_at(judgement, process, record->python, record->stack);
	part->after_ms = -1;
}

static void fill_missing(struct judgement *judgement, struct finding *finding,
			 const struct record_lost_use *record)
{
	struct record_lost *lost =
		arena_zalloc(judgement->arena, sizeof(*lost) + sizeof(session_reference));

	lost->count = 1;
	lost->threads[0] = record->thread;
	missing_threads(judgement, finding, record->record.process, lost);
}

static const char *lost_thread_used_explain(struct judgement *judgement,
					    const struct finding *finding,
					    const struct record_lost_use *record,
					    const struct use *use, const struct record_crash *crash)
{
	const char *version =
		libc_version_of(judgement->model, judgement->arena, record->record.process);

	if (crash)
		return arena_printf(judgement->arena,
				    "the thread stayed in the parent. glibc%s%s has given its "
				    "memory back, and %s() reads it: %s.",
				    version ? " " : "", version ? version : "", use->function,
				    ending_signal(judgement, crash->number));
	if (finding->fork.no_handlers && is_join(use))
		return arena_printf(judgement->arena,
				    "the thread stayed in the parent, and libc was not told of the "
				    "fork: %s() waits for ever.%s",
				    use->function, fork_path_remark(judgement, &finding->fork));
	return arena_printf(judgement->arena,
			    "the thread stayed in the parent. With glibc%s%s %s() of it %s%s.",
			    version ? " " : "", version ? version : "", use->function,
			    use->consequence, crash_words);
}

static void lost_thread_used_report(struct judgement *judgement, const struct rule *rule,
				    const struct record_lost_use *record, const struct use *use,
				    const struct record_hang *hang,
				    const struct record_crash *crash)
{
	const struct model *model = judgement->model;
	session_reference fork =
		lost_thread_used_find_fork(model, record, model_thread(model, record->thread));
	struct finding *finding = judgement_add(judgement, rule);

	finding->severity = is_join(use) || crash ? SEVERITY_ERROR : SEVERITY_WARNING;
	finding->certainty = hang && hang->is_proven ? CERTAINTY_PROVEN : CERTAINTY_OBSERVED;
	evidence_forks(judgement, finding, fork, model_facts(model, record->record.process));
	if (hang)
		evidence_hang(judgement, &finding->child, hang);
	else if (crash)
		child_crash_fill(judgement, finding, crash);
	else
		lost_thread_used_fill_child(judgement, finding, record, use);
	fill_missing(judgement, finding, record);
	finding->message =
		arena_printf(judgement->arena, "child %d %s a thread that it does not have%s.",
			     finding->child.pid, use->verb, crash ? ", and crashes there" : "");
	finding->why = lost_thread_used_explain(judgement, finding, record, use, crash);
	cure_finding(judgement, finding, &(struct cure_question){.situation = CURE_JOINED});
	evidence_identify(judgement, finding);
}

/* Who joins a pool thread by thread crashes at one of them, by calls from one place: the last. */
static bool is_told_by_later(struct judgement *judgement, const struct model_list *list,
			     size_t index)
{
	const struct model *model = judgement->model;
	const struct record_lost_use *record = model_lost_use(model, list->references[index]);

	if (!child_crash_inside(judgement, record))
		return false;
	for (size_t i = index + 1; i < list->count; i++) {
		const struct record_lost_use *other = model_lost_use(model, list->references[i]);

		if (other->record.process == record->record.process && other->tid == record->tid &&
		    child_crash_inside(judgement, other))
			return true;
	}
	return false;
}

/* What a child that believed the join then waits for ever for is FC002, and says more. */
static void lost_thread_used_consider(struct judgement *judgement, const struct rule *rule,
				      const struct record_lost_use *record, const struct use *use)
{
	const struct record_hang *hang = find_hang(judgement->model, record);
	bool is_inside = hang && is_join(use) && is_inside_join(judgement, hang);

	if (!hang || is_inside || !hang->is_proven)
		lost_thread_used_report(judgement, rule, record, use, is_inside ? hang : NULL,
					child_crash_inside(judgement, record));
}

void judge_lost_thread_used(struct judgement *judgement, const struct rule *rule)
{
	const struct model *model = judgement->model;
	const struct model_list *list = model_list(model, RECORD_LOST_USE);

	for (size_t i = 0; i < list->count; i++) {
		const struct record_lost_use *record = model_lost_use(model, list->references[i]);
		const struct use *use = use_of(record);

		if (use && !is_told_by_later(judgement, list, i))
			lost_thread_used_consider(judgement, rule, record, use);
	}
	child_crash_judge(judgement, rule);
	ended_child_judge(judgement, rule);
}

static const struct record_lost_use *find_use(const struct model *model,
					      const struct record_hang *hang)
{
	const struct model_list *list = model_list(model, RECORD_LOST_USE);

	for (size_t i = list->count; i-- > 0;) {
		const struct record_lost_use *record = model_lost_use(model, list->references[i]);

		if (record->record.process == hang->serial && record->tid == hang->tid)
			return record;
	}
	return NULL;
}

bool hangs_in_lost_thread(struct judgement *judgement, const struct record_hang *hang)
{
	const struct record_lost_use *record = find_use(judgement->model, hang);
	const struct use *use = record ? use_of(record) : NULL;

	return use && is_join(use) && is_inside_join(judgement, hang);
}
