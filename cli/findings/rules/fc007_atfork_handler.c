/*
 * FC007: fork() was entered and not left. What handlers do to locks is in
 * fc007_handler_locks.c.
 */
#include "fc007_handler_locks.h"
#include "findings/cures/cures.h"
#include "findings/evidence/evidence.h"
#include "findings/evidence/fork_blockers.h"
#include "findings/evidence/missing_threads.h"
#include "findings/evidence/python_evidence.h"
#include <string.h>

/* --- words ------------------------------------------------------------------------- */

/* "app.py", and "logging/__init__.py": that name alone says nothing. */
static const char *python_file(const char *path)
{
	const char *name = evidence_file_name(path), *folder;

	if (!name || strcmp(name, "__init__.py") != 0 || name - path < 2)
		return name ? name : "?";
	folder = memrchr(path, '/', (size_t)(name - path) - 1);
	return folder ? folder + 1 : path;
}

/* Who waits: a handler, or fork() itself. */
static const char *waiter_words(struct judgement *judgement, const struct fork_stack *split)
{
	const struct frame *handler = split->handler, *signal = split->signal_handler;
	const struct frame *hook = split->hook;
	const char *library = handler ? evidence_file_name(handler->module) : NULL;
	const char *called = !split->interrupted_stack.count ? ""
			     : signal && signal->function
				     ? arena_printf(judgement->arena,
						    "it was called in a signal handler, %s, and ",
						    signal->function)
				     : "it was called in a signal handler, and ";

	if (hook)
		return arena_printf(
			judgement->arena, "the hook %s of os.register_at_fork() (%s:%d) ",
			hook->function ? hook->function : "", python_file(hook->file), hook->line);
	if (!handler)
		return *called ? called : "it ";
	return arena_printf(judgement->arena, "%sthe atfork handler%s%s%s%s ", called,
			    handler->function ? " " : "",
			    handler->function ? handler->function : "", library ? " of " : "",
			    library ? library : "");
}

static const char *holder_name(struct judgement *judgement, const struct finding *finding)
{
	const struct blocked_part *holder = finding->blocked;
	const char *name = holder->python_name ? holder->python_name : holder->name;

	if (!name || !*name)
		return arena_printf(judgement->arena, "thread %d", holder->tid);
	return arena_printf(judgement->arena, "thread %d (\"%s\")", holder->tid, name);
}

static const char *holder_words(struct judgement *judgement, const struct finding *finding,
				const struct fork_stack *split,
				const struct fork_blockers *blockers)
{
	switch (blockers->cause) {
	case BLOCKED_UNKNOWN:
		return "";
	case BLOCKED_INTERRUPTED:
		return split->interrupted && (blockers->kind == LOCK_ALLOCATOR ||
					      blockers->kind == LOCK_STREAMS)
			       ? arena_printf(
					 judgement->arena,
					 ", which the interrupted %s() of the same thread holds",
					 split->interrupted)
			       : ", which the interrupted code of the same thread holds";
	case BLOCKED_ITSELF:
		return blockers->kind == LOCK_SEMAPHORE
			       ? ", which the forking thread itself took last"
			       : ", which the forking thread itself holds";
	default:
		if (blockers->kind == LOCK_THREAD || !finding->blocked_count)
			return "";
		return arena_printf(judgement->arena, ", which %s %s",
				    holder_name(judgement, finding),
				    blockers->kind == LOCK_SEMAPHORE ? "took last" : "holds");
	}
}

static const char *verb_words(struct judgement *judgement, const struct fork_blockers *blockers)
{
	if (!blockers->what)
		return "waits";
	return arena_printf(judgement->arena,
			    blockers->tries ? "tries for %s without end" : "waits for %s",
			    blockers->what);
}

/* Where the thread that has it stands, and who that one waits for. */
static const char *other_words(struct judgement *judgement, const struct finding *finding)
{
	const struct blocked_part *first = finding->blocked;
	const struct blocked_part *last =
		finding->blocked_count ? &first[finding->blocked_count - 1] : NULL;

	if (!last)
		return "the thread that has it has not given it back.";
	if (first->waits_for && last != first)
		return arena_printf(judgement->arena,
				    "%s waits for %s, which thread %d holds, and that is in %s.",
				    holder_name(judgement, finding), first->waits_for,
				    first->held_by,
				    last->waiting_in ? last->waiting_in : "the program's code");
	if (first->waits_for)
		return arena_printf(judgement->arena, "%s waits for %s itself.",
				    holder_name(judgement, finding), first->waits_for);
	return arena_printf(judgement->arena, "%s has it, and is in %s.",
			    holder_name(judgement, finding),
			    first->waiting_in ? first->waiting_in : "the program's code");
}

static const char *mechanism(struct judgement *judgement, const struct finding *finding,
			     const struct fork_blockers *blockers)
{
	switch (blockers->cause) {
	case BLOCKED_INTERRUPTED:
		return "the interrupted code goes on when the handler returns, and the handler "
		       "when fork() does.";
	case BLOCKED_ITSELF:
		return "it held the lock already when it called fork(), and cannot give it back "
		       "before fork() has returned.";
	case BLOCKED_ORDER:
		return arena_printf(judgement->arena,
				    "an earlier prepare handler of this fork() took %s, and %s "
				    "took the two in the opposite order.",
				    blockers->other, holder_name(judgement, finding));
	case BLOCKED_BY_HELD:
		return arena_printf(judgement->arena,
				    "%s waits for %s, which the forking thread held when it called "
				    "fork().",
				    holder_name(judgement, finding), blockers->other);
	case BLOCKED_BY_OTHER:
		return other_words(judgement, finding);
	default:
		return "it waits for something that only another thread could give.";
	}
}

static const char *atfork_handler_explain(struct judgement *judgement,
					  const struct finding *finding,
					  const struct record_hang *hang,
					  const struct fork_blockers *blockers)
{
	const char *why = mechanism(judgement, finding, blockers);

	if (hang->is_proven && blockers->cause == BLOCKED_UNKNOWN)
		return "the handler waits for something that only another thread could give, and "
		       "every thread of the process waits without a time limit.";
	if (hang->is_proven)
		return why;
	return arena_printf(judgement->arena, "%s Not proven: %.*s.", why, (int)hang->reason_length,
			    hang->reason);
}

static void atfork_handler_cure(struct judgement *judgement, struct finding *finding,
				const struct fork_blockers *blockers)
{
	bool is_unknown = blockers->cause == BLOCKED_BY_OTHER && !finding->blocked_count;
	struct cure_question question = {
		.situation = CURE_IN_FORK,
		.kind = finding->blocked_count && finding->blocked[0].waits_for ? blockers->kind
										: 0,
		.detail = is_unknown ? BLOCKED_UNKNOWN + 1 : blockers->cause + 1,
		.what = blockers->what,
		.other = blockers->other,
		.holder = finding->blocked_count ? holder_name(judgement, finding) : NULL,
	};

	cure_finding(judgement, finding, &question);
}

static void atfork_handler_say(struct judgement *judgement, struct finding *finding,
			       const struct record_hang *hang, const struct fork_stack *split,
			       const struct fork_blockers *blockers)
{
	finding->message =
		arena_printf(judgement->arena, "fork() in process %d %s: %s%s%s.", hang->pid,
			     hang->is_proven ? "never returns" : "has not returned",
			     waiter_words(judgement, split), verb_words(judgement, blockers),
			     holder_words(judgement, finding, split, blockers));
	finding->why = atfork_handler_explain(judgement, finding, hang, blockers);
	atfork_handler_cure(judgement, finding, blockers);
}

/* --- parts ------------------------------------------------------------------------- */

/* Its latest record has its latest name. */
static const struct record_thread *atfork_handler_find_thread(const struct model *model,
							      uint32_t process, int32_t tid)
{
	const struct model_list *threads = model_list(model, RECORD_THREAD);

	for (size_t i = threads->count; i-- > 0;) {
		const struct record_thread *thread = model_thread(model, threads->references[i]);

		if (thread->record.process == process && thread->tid == tid)
			return thread;
	}
	return NULL;
}

static void atfork_handler_name_thread(struct judgement *judgement, struct fork_part *part,
				       const struct record_hang *hang)
{
	const struct record_thread *thread =
		atfork_handler_find_thread(judgement->model, hang->serial, hang->tid);

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

static void describe_fork(struct judgement *judgement, struct finding *finding,
			  const struct record_hang *hang, const struct fork_stack *split)
{
	finding->fork.present = true;
	finding->fork.pid = hang->pid;
	finding->fork.child_pid = -1;
	atfork_handler_name_thread(judgement, &finding->fork, hang);
	finding->fork.program = evidence_program(judgement, hang->serial);
	finding->fork.function = "fork";
	finding->fork.stack = split->caller;
	if (split->hook) {
		finding->handler.present = true;
		finding->handler.function = split->hook->function;
	}
	if (!split->handler)
		return;
	finding->handler.present = true;
	finding->handler.function = split->handler->function;
	finding->handler.library = evidence_file_name(split->handler->module);
}

/* Where it is known who has what the fork waits for, the others say nothing more. */
static void describe_threads(struct judgement *judgement, struct finding *finding,
			     const struct record_hang *hang, const struct fork_blockers *blockers)
{
	const struct record_lost *others = model_lost(judgement->model, hang->others);

	if (!others || (blockers->cause != BLOCKED_UNKNOWN && blockers->kind != LOCK_THREAD))
		return;
	missing_threads(judgement, finding, hang->serial, others);
	keep_library(finding, finding->handler.library);
}

static void atfork_handler_report(struct judgement *judgement, const struct rule *rule,
				  const struct record_hang *hang)
{
	struct finding *finding = judgement_add(judgement, rule);
	bool is_error = hang->is_proven || hang->evidence;
	struct fork_blockers blockers;
	struct fork_stack split;

	finding->severity = is_error ? SEVERITY_ERROR : SEVERITY_WARNING;
	finding->certainty = hang->is_proven ? CERTAINTY_PROVEN : CERTAINTY_SUSPECTED;
	evidence_hang(judgement, &finding->child, hang);
	split = fork_stack_split(judgement, hang->serial, &finding->child.stack);
	describe_fork(judgement, finding, hang, &split);
	blockers = fork_blockers_fill(judgement, finding, hang, &split);
	describe_threads(judgement, finding, hang, &blockers);
	atfork_handler_say(judgement, finding, hang, &split, &blockers);
	evidence_identify(judgement, finding);
}

void judge_atfork_handler(struct judgement *judgement, const struct rule *rule)
{
	const struct model_list *hangs = model_list(judgement->model, RECORD_HANG);

	for (size_t i = 0; i < hangs->count; i++) {
		const struct record_hang *hang = model_last_hang(judgement->model, i);

		if (hang && hang->kind == HANG_IN_FORK)
			atfork_handler_report(judgement, rule, hang);
	}
	judge_handler_locks(judgement, rule);
}
