/*
 * FC007: an atfork handler hangs: fork() was entered and not left. What handlers do
 * to locks is in handler_locks.c.
 */
#include "evidence.h"
#include "handler_locks.h"
#include "missing_threads.h"
#include "python_advice.h"
#include "python_evidence.h"
#include <string.h>

/* libc calls main() from here, and below it is only the program's own _start. */
static bool is_start_up(const struct frame *frame)
{
	return frame->function && strncmp(frame->function, "__libc_start", 12) == 0;
}

struct fork_stack fork_stack_split(const struct frames *stack)
{
	struct fork_stack split = {.caller = *stack};
	bool is_outermost = false;
	size_t i = 0;

	while (i < stack->count && evidence_is_libc(stack->list[i].module))
		i++;
	while (i < stack->count && !evidence_is_libc(stack->list[i].module))
		split.handler = &stack->list[i++];
	while (i < stack->count && evidence_is_libc(stack->list[i].module))
		is_outermost |= is_start_up(&stack->list[i++]);
	/* Nothing but libc's start-up code below: this was no handler's stack. */
	if (i == stack->count || is_outermost) {
		split.handler = NULL;
		return split;
	}
	split.caller.list += i;
	split.caller.count -= i;
	return split;
}

static void explain(struct judgement *judgement, struct finding *finding,
		    const struct record_hang *hang, const struct frame *handler)
{
	const char *function = handler ? handler->function : NULL;
	const char *library = handler ? evidence_file_name(handler->module) : NULL;

	finding->message = arena_printf(
		judgement->arena, "fork() in process %d %s: %s%s%s%s waits.", hang->pid,
		hang->is_proven ? "never returns" : "has not returned",
		function ? "the atfork handler " : "an atfork handler", function ? function : "",
		library ? " of " : "", library ? library : "");
	finding->why = hang->is_proven ? "the handler waits for something that only another thread "
					 "could give, and "
					 "every thread of the process waits without a time limit."
				       : arena_printf(judgement->arena,
						      "the handler waits. Not proven: %.*s.",
						      (int)hang->reason_length, hang->reason);
	finding->advice =
		arena_printf(judgement->arena,
			     "do not fork while %s is at work in another thread; start the child "
			     "with posix_spawn(), or fork before the library is used.",
			     library ? library : "the library");
}

/* Its latest record has its latest name. */
static const struct record_thread *find_thread(const struct model *model, uint32_t process,
					       int32_t tid)
{
	const struct model_list *threads = model_list(model, RECORD_THREAD);

	for (size_t i = threads->count; i-- > 0;) {
		const struct record_thread *thread = model_thread(model, threads->references[i]);

		if (thread->record.process == process && thread->tid == tid)
			return thread;
	}
	return NULL;
}

static void name_thread(struct judgement *judgement, struct fork_part *part,
			const struct record_hang *hang)
{
	const struct record_thread *thread = find_thread(judgement->model, hang->serial, hang->tid);

	part->tid = hang->tid;
	if (!thread)
		return;
	part->python_name = python_evidence_name(judgement, thread);
	part->thread_name = arena_strndup(judgement->arena, thread->name,
					  strnlen(thread->name, sizeof(thread->name)));
}

/* Of all that a child would lack, those that the handler has to do with. */
static void keep_library(struct finding *finding, const char *library)
{
	size_t kept = 0;

	for (size_t i = 0; library && i < finding->missing_count; i++)
		if (finding->missing[i].library &&
		    strcmp(finding->missing[i].library, library) == 0)
			finding->missing[kept++] = finding->missing[i];
	finding->missing_count = kept;
}

static void report(struct judgement *judgement, const struct rule *rule,
		   const struct record_hang *hang)
{
	const struct record_lost *others = model_lost(judgement->model, hang->others);
	struct finding *finding = judgement_add(judgement, rule);
	struct fork_stack split;

	finding->severity = hang->is_proven ? SEVERITY_ERROR : SEVERITY_WARNING;
	finding->certainty = hang->is_proven ? CERTAINTY_PROVEN : CERTAINTY_SUSPECTED;
	evidence_hang(judgement, &finding->child, hang);
	split = fork_stack_split(&finding->child.stack);
	finding->fork.present = true;
	finding->fork.pid = hang->pid;
	finding->fork.child_pid = -1;
	name_thread(judgement, &finding->fork, hang);
	finding->fork.program = evidence_program(judgement, hang->serial);
	finding->fork.function = "fork";
	finding->fork.stack = split.caller;
	explain(judgement, finding, hang, split.handler);
	if (split.handler) {
		finding->handler.present = true;
		finding->handler.function = split.handler->function;
		finding->handler.library = evidence_file_name(split.handler->module);
	}
	if (others) {
		missing_threads(judgement, finding, hang->serial, others);
		keep_library(finding, finding->handler.library);
	}
	python_advice(judgement, finding);
	evidence_identify(judgement, finding);
}

void judge_atfork_handler(struct judgement *judgement, const struct rule *rule)
{
	const struct model_list *hangs = model_list(judgement->model, RECORD_HANG);

	for (size_t i = 0; i < hangs->count; i++) {
		const struct record_hang *hang = model_last_hang(judgement->model, i);

		if (hang && hang->kind == HANG_IN_FORK)
			report(judgement, rule, hang);
	}
	judge_handler_locks(judgement, rule);
}
