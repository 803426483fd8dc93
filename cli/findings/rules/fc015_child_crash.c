/*
 * FC015 for what the shim noted at a signal: a child without its parent's threads crashed. An
 * error where it destroys a std::thread of a thread that it does not have, which aborts;
 * anything else may have another reason, and is a warning.
 */
#include "fc015_child_crash.h"
#include "base/same_text.h"
#include "findings/cures/cures.h"
#include "findings/evidence/culprit.h"
#include "findings/evidence/ending_evidence.h"
#include "findings/evidence/evidence.h"
#include "findings/evidence/fork_line.h"
#include "findings/evidence/missing_threads.h"
#include "findings/evidence/python_evidence.h"
#include <string.h>

/* --- inside of a call --------------------------------------------------------------- */

static struct frames stack_of(struct judgement *judgement, const struct record_crash *crash)
{
	uint32_t process = crash->record.process;
	struct frames stack = evidence_stack(judgement, process, crash->stack);

	stack.python = python_evidence_at(judgement, process, crash->python, crash->stack);
	return stack;
}

/* Is the whole of `outer` the outer part of the stack, call by call? */
static bool is_called_from(const struct frames *stack, const struct frames *outer)
{
	size_t more = stack->count - outer->count;

	if (!outer->count || stack->count <= outer->count)
		return false;
	for (size_t i = 0; i < outer->count; i++)
		if (stack->list[more + i].pc != outer->list[i].pc)
			return false;
	return true;
}

/* `process` and `tid` are who made the call, `stack` is where. */
static bool is_inside(struct judgement *judgement, const struct record_crash *crash,
		      uint32_t process, int tid, session_reference stack)
{
	struct frames inner, outer;

	if (crash->record.process != process || crash->tid != tid)
		return false;
	inner = evidence_stack(judgement, process, crash->stack);
	outer = evidence_stack(judgement, process, stack);
	return is_called_from(&inner, &outer);
}

static bool is_inside_use(struct judgement *judgement, const struct record_crash *crash,
			  const struct record_lost_use *use)
{
	return is_inside(judgement, crash, use->record.process, use->tid, use->stack);
}

const struct record_crash *child_crash_inside(struct judgement *judgement,
					      const struct record_lost_use *use)
{
	const struct model_list *list = model_list(judgement->model, RECORD_CRASH);

	for (size_t i = 0; i < list->count; i++) {
		const struct record_crash *crash =
			model_crash(judgement->model, list->references[i]);

		if (is_inside_use(judgement, crash, use))
			return crash;
	}
	return NULL;
}

static bool is_inside_any_use(struct judgement *judgement, const struct record_crash *crash)
{
	const struct model *model = judgement->model;
	const struct model_list *list = model_list(model, RECORD_LOST_USE);

	for (size_t i = 0; i < list->count; i++)
		if (is_inside_use(judgement, crash, model_lost_use(model, list->references[i])))
			return true;
	return false;
}

/* glibc aborts who waits for some locks of lost threads: that is told of the wait. */
static bool is_inside_wait(struct judgement *judgement, const struct record_crash *crash)
{
	const struct model *model = judgement->model;
	const struct model_list *list = model_list(model, RECORD_WAIT);

	for (size_t i = 0; i < list->count; i++) {
		const struct record_wait *wait = model_wait(model, list->references[i]);

		if (is_inside(judgement, crash, wait->record.process, wait->tid, wait->stack))
			return true;
	}
	return false;
}

/* --- a std::thread that is destroyed ------------------------------------------------ */

static bool begins_with(const char *function, const char *const names[], size_t count)
{
	for (size_t i = 0; function && i < count; i++)
		if (strncmp(function, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

static bool has_function(const struct frames *stack, const char *const names[], size_t count)
{
	for (size_t i = 0; i < stack->count; i++)
		if (begins_with(stack->list[i].function, names, count))
			return true;
	return false;
}

#define HAS(stack, names) has_function(stack, names, sizeof(names) / sizeof(*(names)))

/* std::terminate() was called, and for no exception. */
static bool terminates(const struct frames *stack)
{
	static const char *const ends[] = {"std::terminate"};
	static const char *const throws[] = {
		"__cxa_throw",           "__cxa_rethrow", "__cxa_call_terminate",
		"__gxx_personality",     "_Unwind_",      "__clang_call_terminate",
		"std::rethrow_exception"};

	return HAS(stack, ends) && !HAS(stack, throws);
}

/*
 * By the destructor of a thread that the child does not have: the handle of such a one is at
 * hand, and of none of its own; or it has made none.
 */
static bool destroys_thread(const struct record_crash *crash, const struct frames *stack)
{
	static const char *const destructors[] = {
		"std::thread::~thread", "std::thread::operator=", "std::__1::thread::~thread"};

	return terminates(stack) && HAS(stack, destructors) &&
	       (crash->lost || crash->flags & CRASH_ALONE);
}

/* --- the finding -------------------------------------------------------------------- */

static const char *innermost_function(const struct frames *stack)
{
	for (size_t i = 0; i < stack->count; i++)
		if (stack->list[i].function)
			return stack->list[i].function;
	return NULL;
}

void child_crash_fill(struct judgement *judgement, struct finding *finding,
		      const struct record_crash *crash)
{
	const struct process_facts *facts = model_facts(judgement->model, crash->record.process);
	struct child_part *part = &finding->child;

	part->present = true;
	part->pid = facts ? facts->pid : -1;
	part->tid = crash->tid;
	part->stack = stack_of(judgement, crash);
	part->waiting_in = innermost_function(&part->stack);
	part->deed = arena_printf(judgement->arena, "was ended by %s",
				  ending_signal(judgement, crash->number));
	part->after_ms =
		facts && facts->kind == BIRTH_CHILD && crash->record.time_ns >= facts->birth_ns
			? (double)(crash->record.time_ns - facts->birth_ns) / 1e6
			: -1;
}

static void put_culprit_first(struct judgement *judgement, struct finding *finding,
			      const struct record_crash *crash, const struct fork_link *link)
{
	const struct record_thread *lost = model_thread(judgement->model, crash->lost);
	const struct record_hang hang = {.serial = crash->record.process};
	size_t first;

	if (!finding->missing_count)
		return;
	first = lost ? missing_group_of(judgement, finding, link->parent, lost)
		     : culprit_likeliest(judgement, finding, &hang, link);
	if (first < finding->missing_count)
		missing_put_first(finding, first);
}

/* That the program's own code is in the stack says nothing. */
static bool is_of_library(const struct finding *finding)
{
	const struct missing_group *group = finding->missing;

	return finding->missing_count && group->library && !group->is_python &&
	       !same_text(group->library, evidence_file_name(finding->fork.program)) &&
	       culprit_is_in_stack(finding, group);
}

static const char *child_crash_explain(struct judgement *judgement, const struct finding *finding,
				       const struct record_crash *crash, bool is_thread)
{
	const char *library = finding->missing_count ? finding->missing->library : NULL;
	const char *where = "";

	if (is_thread)
		return "the threads stayed in the parent; a std::thread that was not joined and "
		       "not detached calls std::terminate() when it is destroyed.";
	if (crash->lost && terminates(&finding->child.stack))
		return "std::terminate() was called, and for no exception, with the handle of a "
		       "thread at hand that stayed in the parent: a std::thread that is destroyed "
		       "without a join calls it.";
	if (crash->code > 0)
		where = arena_printf(judgement->arena, " (address 0x%llx)",
				     (unsigned long long)crash->address);
	if (is_of_library(finding))
		return arena_printf(judgement->arena,
				    "%s%s came in code of %s, whose threads stayed in the parent.",
				    ending_signal(judgement, crash->number), where, library);
	return arena_printf(judgement->arena,
			    "the child lacks threads of its parent; whether %s%s has to do with "
			    "them, its stack must tell.",
			    ending_signal(judgement, crash->number), where);
}

static void child_crash_report(struct judgement *judgement, const struct rule *rule,
			       const struct record_crash *crash)
{
	const struct model *model = judgement->model;
	const struct process_facts *facts = model_facts(model, crash->record.process);
	struct finding *finding = judgement_add(judgement, rule);
	const char *signal = ending_signal(judgement, crash->number);
	struct fork_link link;
	bool is_known = fork_line_lost(model, &link, crash->fork, facts), is_thread;

	evidence_forks(judgement, finding, is_known ? link.fork : crash->fork, facts);
	child_crash_fill(judgement, finding, crash);
	is_thread = destroys_thread(crash, &finding->child.stack);
	finding->severity = is_thread ? SEVERITY_ERROR : SEVERITY_WARNING;
	finding->certainty = CERTAINTY_OBSERVED;
	if (is_known) {
		missing_threads(judgement, finding, link.parent, link.lost);
		put_culprit_first(judgement, finding, crash, &link);
	}
	finding->message = arena_printf(
		judgement->arena,
		is_thread ? "child %d destroys a std::thread of a thread that it does not have: %s."
			  : "child %d was ended by %s.",
		finding->child.pid, signal);
	finding->why = child_crash_explain(judgement, finding, crash, is_thread);
	cure_finding(judgement, finding,
		     &(struct cure_question){.situation = is_thread ? CURE_JOINED : CURE_LEFT});
	evidence_identify(judgement, finding);
}

void child_crash_judge(struct judgement *judgement, const struct rule *rule)
{
	const struct model_list *list = model_list(judgement->model, RECORD_CRASH);

	for (size_t i = 0; i < list->count; i++) {
		const struct record_crash *crash =
			model_crash(judgement->model, list->references[i]);

		if (!is_inside_any_use(judgement, crash) && !is_inside_wait(judgement, crash))
			child_crash_report(judgement, rule, crash);
	}
}
