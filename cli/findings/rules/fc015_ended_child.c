/*
 * FC015 for what wait() told the parent of a child that noted nothing itself: its stack was
 * full, or the program has handlers of its own. Where it was is not known: a warning. Signals
 * that others send are left out, and SIGABRT with them, which supervisors send by many ways.
 */
#include "fc015_ended_child.h"
#include "findings/cures/cures.h"
#include "findings/evidence/ending_evidence.h"
#include "findings/evidence/evidence.h"
#include "findings/evidence/fork_line.h"
#include "findings/evidence/missing_threads.h"
#include <signal.h>

static bool is_fault(uint32_t number)
{
	return number == SIGSEGV || number == SIGBUS || number == SIGILL || number == SIGFPE;
}

/* Its parent saw it end. The youngest: numbers come again. */
static const struct process_facts *ended_child_find(const struct model *model,
						    const struct record_signal *ended)
{
	const struct process_facts *found = NULL;

	for (size_t serial = 1; serial < model->process_capacity; serial++) {
		const struct process_facts *facts = model_facts(model, (uint32_t)serial);

		if (facts && facts->kind == BIRTH_CHILD && facts->pid == ended->pid &&
		    facts->parent == ended->record.process &&
		    facts->birth_ns <= ended->record.time_ns &&
		    (!found || facts->birth_ns > found->birth_ns))
			found = facts;
	}
	return found && !(model_state(model, found) & BIRTH_EXECED) ? found : NULL;
}

static bool has_noted(const struct model *model, uint32_t process)
{
	const struct model_list *list = model_list(model, RECORD_CRASH);

	for (size_t i = 0; i < list->count; i++)
		if (model_crash(model, list->references[i])->record.process == process)
			return true;
	return false;
}

static bool is_sent(const struct model *model, const struct record_signal *ended)
{
	const struct model_list *list = model_list(model, RECORD_SIGNAL);

	for (size_t i = 0; i < list->count; i++) {
		const struct record_signal *sent = model_signal(model, list->references[i]);

		if (sent->what == SIGNAL_SENT && sent->pid == ended->pid &&
		    sent->number == ended->number)
			return true;
	}
	return false;
}

static void ended_child_report(struct judgement *judgement, const struct rule *rule,
			       const struct process_facts *child, uint32_t number,
			       const struct fork_link *link)
{
	const char *signal = ending_signal(judgement, number);
	struct finding *finding = judgement_add(judgement, rule);

	finding->severity = SEVERITY_WARNING;
	finding->certainty = CERTAINTY_OBSERVED;
	evidence_forks(judgement, finding, link->fork, child);
	finding->child = (struct child_part){
		.present = true,
		.pid = child->pid,
		.tid = -1,
		.deed = arena_printf(judgement->arena, "was ended by %s", signal),
		.after_ms = -1,
	};
	missing_threads(judgement, finding, link->parent, link->lost);
	finding->message =
		arena_printf(judgement->arena, "child %d was ended by %s.", child->pid, signal);
	finding->why =
		"the child lacks threads of its parent. Where it was is not known: its stack "
		"was full, or the program says itself what comes of the signal.";
	cure_finding(judgement, finding, &(struct cure_question){.situation = CURE_LEFT});
	evidence_identify(judgement, finding);
}

static void ended_child_consider(struct judgement *judgement, const struct rule *rule,
				 const struct record_signal *ended)
{
	const struct model *model = judgement->model;
	const struct process_facts *child;
	struct fork_link link;

	if (ended->what != SIGNAL_ENDED || !is_fault(ended->number) || is_sent(model, ended))
		return;
	child = ended_child_find(model, ended);
	if (child && !has_noted(model, child->serial) &&
	    fork_line_lost(model, &link, child->fork, child))
		ended_child_report(judgement, rule, child, ended->number, &link);
}

void ended_child_judge(struct judgement *judgement, const struct rule *rule)
{
	const struct model_list *list = model_list(judgement->model, RECORD_SIGNAL);

	for (size_t i = 0; i < list->count; i++)
		ended_child_consider(judgement, rule,
				     model_signal(judgement->model, list->references[i]));
}
