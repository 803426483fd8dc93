/*
 * What is said of processes that were attached to is made here of their records: those that hang
 * have findings, of all others it is said what they do instead.
 */
#include "attached.h"
#include "evidence/evidence.h"
#include "evidence/python_evidence.h"
#include "judge.h"
#include "origins/origin.h"
#include "process/call_names.h"
#include <string.h>

const char *attached_verdict_name(enum attached_verdict verdict)
{
	static const char *const names[] = {
		[VERDICT_NOT_HUNG] = "not hung",
		[VERDICT_SUSPECTED] = "suspected",
		[VERDICT_HUNG] = "hung",
		[VERDICT_UNKNOWN] = "unknown",
	};

	return names[verdict];
}

static const char *state_words(uint32_t state)
{
	static const char *const words[ATTACHED_STATES] = {
		[ATTACHED_MOVES] = "moves",        [ATTACHED_RESTS] = "stands still",
		[ATTACHED_STOPPED] = "is stopped", [ATTACHED_TRACED] = "is held by another",
		[ATTACHED_GONE] = "has ended",     [ATTACHED_REFUSED] = "cannot be looked at",
	};

	return state < ATTACHED_STATES && words[state] ? words[state] : "is unknown";
}

static const char *call_words(struct arena *arena, const struct record_task *task)
{
	const char *name = call_name(task->call);

	if (task->flags & TASK_RUNNING)
		return NULL;
	if (task->flags & TASK_TIMED && name)
		return arena_printf(arena, "%s, with a time limit", name);
	return name ? name : arena_printf(arena, "system call %d", task->call);
}

static struct frames stack_of(struct judgement *judgement, const struct record_task *task)
{
	struct frames stack = evidence_stack(judgement, task->serial, task->stack);

	stack.python = python_evidence_at(judgement, task->serial, task->python, task->stack);
	origins_mark(&judgement->origins, judgement->arena, &stack);
	return stack;
}

/* A thread that holds something for hung children has a record for each of them, before its own. */
static bool is_told_again(const struct model *model, const struct model_list *list, size_t index)
{
	const struct record_task *record = model_task(model, list->references[index]);

	for (size_t i = index + 1; i < list->count; i++) {
		const struct record_task *later = model_task(model, list->references[i]);

		if (later->serial == record->serial && later->tid == record->tid)
			return true;
	}
	return false;
}

static void add_tasks(struct judgement *judgement, struct attached *attached, uint32_t serial)
{
	struct model *model = judgement->model;
	const struct model_list *list = model_list(model, RECORD_TASK);
	struct attached_task *tasks = arena_array(judgement->arena, list->count, sizeof(*tasks));

	for (size_t i = 0; serial && i < list->count; i++) {
		const struct record_task *record = model_task(model, list->references[i]);
		struct attached_task *task = &tasks[attached->task_count];

		if (record->serial != serial || is_told_again(model, list, i))
			continue;
		attached->task_count++;
		task->tid = record->tid;
		task->name = arena_strndup(judgement->arena, record->name,
					   strnlen(record->name, sizeof(record->name)));
		task->call = call_words(judgement->arena, record);
		task->is_timed = record->flags & TASK_TIMED;
		task->is_partial = record->flags & TASK_PARTIAL;
		task->stack = stack_of(judgement, record);
		if (task->call)
			task->waiting_in = evidence_waiting_in(judgement, serial, &task->stack);
	}
	attached->tasks = tasks;
}

static bool is_about(const struct finding *finding, int pid)
{
	for (size_t i = 0; i < finding->cycle_count; i++)
		if (finding->cycle[i].pid == pid)
			return true;
	return finding->child.present && finding->child.pid == pid;
}

/* The worst that was found of it. Of processes that hang alike, the report has the first one. */
static const struct finding *finding_of(struct judgement *judgement, const struct report *report,
					uint32_t serial, int pid)
{
	const struct finding *worst = NULL;

	for (size_t i = 0; i < report->finding_count; i++) {
		const struct finding *finding = &report->findings[i];

		if (finding->severity != SEVERITY_NOTE && is_about(finding, pid) &&
		    (!worst || finding->severity > worst->severity))
			worst = finding;
	}
	if (!worst && serial)
		worst = judge_wait(judgement->model, judgement->arena, serial);
	return worst;
}

/* Of those that hang alike it is the first one's that was compared with what is known. */
static bool is_known(const struct report *report, const struct finding *finding)
{
	for (size_t i = 0; i < report->finding_count; i++)
		if (strcmp(report->findings[i].fingerprint, finding->fingerprint) == 0)
			return !finding_counts(&report->findings[i]);
	return !finding_counts(finding);
}

static bool waits_in_slices(const struct attached *attached)
{
	bool any = false;

	for (size_t i = 0; i < attached->task_count; i++)
		any |= attached->tasks[i].is_timed;
	return any && attached->missing_threads;
}

static const char *why_not(struct arena *arena, const struct record_attached *record,
			   const struct attached *attached)
{
	const struct attached_task *first = attached->task_count ? attached->tasks : NULL;

	if (record->state == ATTACHED_STOPPED)
		return arena_printf(arena, "it %s; let it go on (kill -CONT %d) and attach again",
				    attached->state, attached->pid);
	if (record->state == ATTACHED_TRACED)
		return arena_printf(arena,
				    "it %s: frozen (thaw it: docker unpause), or traced by now",
				    attached->state);
	if (!first)
		return arena_printf(arena, "it %s", attached->state);
	if (waits_in_slices(attached))
		return arena_printf(
			arena,
			"it %s, and waits with time limits; --watch=15s tells whether it "
			"comes any further",
			attached->state);
	if (attached->task_count > 1)
		return arena_printf(arena, "it %s; the first of %zu threads is in %s",
				    attached->state, attached->task_count,
				    first->call ? first->call : "code of its own");
	return arena_printf(arena, "it %s; its thread is in %s", attached->state,
			    first->call ? first->call : "code of its own");
}

static void attached_judge(struct judgement *judgement, const struct report *report,
			   const struct record_attached *record, struct attached *attached)
{
	struct arena *arena = judgement->arena;
	const struct finding *finding =
		finding_of(judgement, report, record->serial, attached->pid);

	if (finding) {
		attached->code = finding->code;
		attached->is_known = is_known(report, finding);
		attached->verdict = finding->certainty == CERTAINTY_SUSPECTED ? VERDICT_SUSPECTED
									      : VERDICT_HUNG;
	} else if (record->state == ATTACHED_REFUSED || record->state == ATTACHED_STOPPED ||
		   record->state == ATTACHED_TRACED) {
		attached->verdict = VERDICT_UNKNOWN;
	}
	if (attached->was_refused)
		attached->reason = arena_strndup(arena, record->reason, record->reason_length);
	else if (!finding)
		attached->reason = why_not(arena, record, attached);
	if (!finding && record->reason_length && !attached->was_refused)
		attached->reason = arena_printf(arena, "%s, %.*s", attached->reason,
						(int)record->reason_length, record->reason);
	if (!finding && record->flags & ATTACHED_HAS_OTHERS && !attached->was_refused)
		attached->reason = arena_printf(arena, "%s; its children were not asked (--tree)",
						attached->reason);
}

static uint64_t attached_count_lost(const struct model *model, uint32_t serial)
{
	const struct process_facts *facts = model_facts(model, serial);
	const struct record_lost *lost =
		facts ? model_lost(model, reader_fork_lost(model->reader, facts->fork)) : NULL;

	return lost ? lost->count : 0;
}

static void attached_fill_one(struct judgement *judgement, const struct report *report,
			      const struct record_attached *record, struct attached *attached)
{
	*attached = (struct attached){
		.pid = record->pid,
		.parent_pid = record->parent_pid > 0 ? record->parent_pid : -1,
		.program = evidence_program(judgement, record->serial),
		.state = state_words(record->state),
		.was_refused = record->state == ATTACHED_REFUSED,
		.was_asked = record->flags & ATTACHED_ASKED,
		.is_copy = record->flags & ATTACHED_IS_COPY,
		.has_lost_parent = record->flags & ATTACHED_LOST_PARENT,
		.missing_threads = attached_count_lost(judgement->model, record->serial),
		.age_ms = record->age_ns ? (double)record->age_ns / 1e6 : -1,
	};
	add_tasks(judgement, attached, record->serial);
	attached_judge(judgement, report, record, attached);
}

bool attached_any_hangs(const struct report *report)
{
	for (size_t i = 0; i < report->attached_count; i++)
		if (report->attached[i].verdict == VERDICT_HUNG && !report->attached[i].is_known)
			return true;
	return false;
}

void attached_fill(struct model *model, struct arena *arena, struct report *report)
{
	const struct model_list *list = model_list(model, RECORD_ATTACHED);
	struct judgement judgement = {.model = model, .arena = arena};
	struct attached *attached = arena_array(arena, list->count, sizeof(*attached));

	for (size_t i = 0; i < list->count; i++)
		attached_fill_one(&judgement, report, model_attached(model, list->references[i]),
				  &attached[i]);
	report->attached = attached;
	report->attached_count = list->count;
}
