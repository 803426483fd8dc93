/*
 * A signal that ends a process is seen by three: who sends it with kill(), the parent that is
 * told, and forkcheck, which sends some itself. What none of them saw is not known.
 */
#include "ending_evidence.h"
#include "evidence.h"
#include "python_evidence.h"
#include <signal.h>
#include <string.h>

/* The last one about the process; NULL: there is none. */
static const struct record_signal *find_signal(const struct model *model, uint32_t what, int pid,
					       uint64_t until_ns)
{
	const struct model_list *list = model_list(model, RECORD_SIGNAL);

	for (size_t i = list->count; i-- > 0;) {
		const struct record_signal *record = model_signal(model, list->references[i]);

		if (record->what == what && record->pid == pid &&
		    record->record.time_ns <= until_ns)
			return record;
	}
	return NULL;
}

static const struct record_action *find_action(const struct model *model, int pid,
					       uint64_t until_ns)
{
	const struct model_list *list = model_list(model, RECORD_ACTION);

	for (size_t i = list->count; i-- > 0;) {
		const struct record_action *action = model_action(model, list->references[i]);

		if (action->pid == pid && action->record.time_ns <= until_ns)
			return action;
	}
	return NULL;
}

const char *ending_signal(struct judgement *judgement, uint32_t number)
{
	const char *name = number < NSIG ? sigabbrev_np((int)number) : NULL;

	return name ? arena_printf(judgement->arena, "SIG%s", name)
		    : arena_printf(judgement->arena, "signal %u", number);
}

static void fill_sender(struct judgement *judgement, struct ending_part *ending,
			const struct record_signal *sent)
{
	uint32_t serial = sent->record.process;
	const struct process_facts *sender = model_facts(judgement->model, serial);

	ending->sender_pid = sender ? sender->pid : -1;
	ending->stack = evidence_stack(judgement, serial, sent->stack);
	ending->stack.python = python_evidence_at(judgement, serial, sent->python, sent->stack);
}

void ending_evidence(struct judgement *judgement, struct finding *finding, int pid,
		     uint64_t until_ns)
{
	const struct model *model = judgement->model;
	const struct record_signal *ended = find_signal(model, SIGNAL_ENDED, pid, until_ns);
	const struct record_signal *sent = find_signal(model, SIGNAL_SENT, pid, until_ns);
	const struct record_signal *telling = ended ? ended : sent;
	struct ending_part *ending = &finding->ending;

	if (ended && sent && sent->number != ended->number)
		sent = NULL;
	ending->pid = pid;
	ending->sender_pid = -1;
	ending->is_seen = ended != NULL;
	ending->is_by_forkcheck = find_action(model, pid, until_ns) != NULL;
	ending->present = telling != NULL;
	if (!telling)
		return;
	ending->signal = ending_signal(judgement, telling->number);
	if (sent)
		fill_sender(judgement, ending, sent);
}

const char *ending_words(struct judgement *judgement, const struct ending_part *ending)
{
	struct arena *arena = judgement->arena;

	if (ending->is_by_forkcheck)
		return "was ended by forkcheck";
	if (!ending->present)
		return "has ended";
	if (!ending->is_seen)
		return arena_printf(arena, "has ended after process %d sent it %s",
				    ending->sender_pid, ending->signal);
	if (ending->sender_pid < 0)
		return arena_printf(arena, "was ended by %s from an unknown sender",
				    ending->signal);
	return arena_printf(arena, "was ended by %s, which process %d sent", ending->signal,
			    ending->sender_pid);
}
