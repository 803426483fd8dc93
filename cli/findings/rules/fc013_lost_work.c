/*
 * FC013: a child gave work to threads that it does not have, and did not wait for it. The child
 * wrote, at its end, what was not taken. What says that all is to end, or gives something back, is
 * no work: a note where everybody was woken, and nothing where the call itself says so.
 */
#include "findings/cures/cures.h"
#include "findings/evidence/culprit.h"
#include "findings/evidence/evidence.h"
#include "findings/evidence/fork_line.h"
#include "findings/evidence/fork_paths.h"
#include "findings/evidence/missing_threads.h"
#include "findings/evidence/python_evidence.h"
#include "rule.h"
#include <string.h>

enum deed {
	DEED_WORK,    /* a piece of work for whoever comes first */
	DEED_NEWS,    /* a state that whoever waits is to look at */
	DEED_NOTHING, /* an end, or something that is given back */
};

/* Functions of Python's library in which a lock is released, and what that means. */
static const struct {
	const char *file, *function;
	enum deed deed;
} python_deeds[] = {
	{"/threading.py", "_after_fork", DEED_NOTHING},
	{"/threading.py", "_shutdown", DEED_NOTHING},
	{"/threading.py", "cancel", DEED_NOTHING},
	{"/threading.py", "release", DEED_NOTHING},
	{"/threading.py", "_release_save", DEED_NOTHING},
	{"/queue.py", "get", DEED_NOTHING},
	{"/queue.py", "task_done", DEED_NOTHING},
	{"/queue.py", "shutdown", DEED_NOTHING},
	{"/concurrent/futures/thread.py", "_python_exit", DEED_NOTHING},
	{"/concurrent/futures/thread.py", "weakref_cb", DEED_NOTHING},
	{"/concurrent/futures/thread.py", "shutdown", DEED_NOTHING},
	{"/logging/handlers.py", "stop", DEED_NOTHING},
	{"/multiprocessing/util.py", "_exit_function", DEED_NOTHING},
	{"/multiprocessing/pool.py", "close", DEED_NOTHING},
	{"/multiprocessing/pool.py", "terminate", DEED_NOTHING},
	{"/multiprocessing/pool.py", "_terminate_pool", DEED_NOTHING},
	{"/threading.py", "notify_all", DEED_NEWS},
};

/* "Queue.get" since 3.11, "get" before. */
static bool is_python_function(const struct frame *frame, const char *file, const char *function)
{
	size_t length = frame->file ? strlen(frame->file) : 0, suffix = strlen(file);
	const char *dot = frame->function ? strrchr(frame->function, '.') : NULL;

	return frame->function && length >= suffix &&
	       strcmp(frame->file + length - suffix, file) == 0 &&
	       strcmp(dot ? dot + 1 : frame->function, function) == 0;
}

static enum deed deed_of_frame(const struct frame *frame)
{
	for (size_t i = 0; i < sizeof(python_deeds) / sizeof(python_deeds[0]); i++)
		if (is_python_function(frame, python_deeds[i].file, python_deeds[i].function))
			return python_deeds[i].deed;
	return DEED_WORK;
}

static enum deed deed_in_python(const struct python_frames *python)
{
	enum deed deed = DEED_WORK;

	for (size_t i = 0; python && i < python->count; i++) {
		enum deed other = deed_of_frame(&python->list[i]);

		if (other > deed)
			deed = other;
	}
	return deed;
}

/* The interpreter gives back what its lost threads had, for whoever had waited for their ends. */
static bool is_interpreters_own(const struct frames *stack)
{
	for (size_t i = 0; i < stack->count; i++)
		if (stack->list[i].function &&
		    strcmp(stack->list[i].function, "PyOS_AfterFork_Child") == 0)
			return true;
	return false;
}

static enum deed lost_work_deed_of(const struct record_lost_work *work, const struct frames *stack)
{
	enum deed deed = work->flags & LOST_WORK_TO_ALL ? DEED_NEWS : DEED_WORK;
	enum deed in_python = deed_in_python(stack->python);

	/* What a lock of Python's stands for is not known, nor who else looks after that. */
	if (stack->python && !(work->flags & LOST_WORK_IN_QUEUE))
		deed = DEED_NEWS;

	if (evidence_is_at_exit(stack) || is_interpreters_own(stack))
		return DEED_NOTHING;
	return in_python > deed ? in_python : deed;
}

/* --- other findings about the same ---------------------------------------------- */

static bool has_hung(const struct model *model, uint32_t process)
{
	const struct model_list *hangs = model_list(model, RECORD_HANG);

	for (size_t i = 0; i < hangs->count; i++) {
		const struct record_hang *hang = model_last_hang(model, i);

		if (hang && hang->serial == process && hang->kind != HANG_OVER)
			return true;
	}
	return false;
}

static bool is_waiter(const struct record_lost_work *work, session_reference thread)
{
	for (uint32_t i = 0; i < work->count; i++)
		if (work->threads[i] == thread)
			return true;
	return false;
}

/* Who joins the threads asked them to end. FC015 tells of it. */
static bool joins_waiter(const struct model *model, const struct record_lost_work *work)
{
	const struct model_list *list = model_list(model, RECORD_LOST_USE);

	for (size_t i = 0; i < list->count; i++) {
		const struct record_lost_use *use = model_lost_use(model, list->references[i]);

		if (use->record.process == work->record.process && is_waiter(work, use->thread))
			return true;
	}
	return false;
}

/* --- one finding for the threads that were to do it ----------------------------- */

/* A deed of one record, once it is looked at. */
struct telling {
	const struct record_lost_work *work;
	uint64_t children;
	struct frames forked_at, stack;
	enum deed deed;
};

/* The line has several STACK records, of other bytes. */
static bool is_same_line(const struct frames *one, const struct frames *other)
{
	if (one->count != other->count)
		return false;
	for (size_t i = 0; i < one->count; i++)
		if (one->list[i].pc != other->list[i].pc)
			return false;
	return one->count > 0;
}

static const struct record_thread *first_waiter(const struct model *model,
						const struct record_lost_work *work)
{
	return work->count ? model_thread(model, work->threads[0]) : NULL;
}

/* Forks from one line, and threads of one pool. */
static bool is_about_same(const struct model *model, const struct telling *one,
			  const struct telling *other)
{
	const struct record_thread *waiter = first_waiter(model, one->work);
	const struct record_thread *others = first_waiter(model, other->work);

	return one->deed == other->deed && one->work->kind == other->work->kind && waiter &&
	       others && waiter->created_at == others->created_at &&
	       waiter->created_python == others->created_python &&
	       is_same_line(&one->forked_at, &other->forked_at);
}

static bool has_thread_of(const struct model *model, const struct record_lost *lost,
			  const struct record_thread *thread)
{
	for (uint32_t i = 0; lost && i < lost->count; i++) {
		const struct record_thread *other = model_thread(model, lost->threads[i]);

		if (other && other->born_in == thread->born_in && other->serial == thread->serial)
			return true;
	}
	return false;
}

/* The fork that left the waiters behind: that of the child, or of one of its ancestors. */
static session_reference fork_of_waiters(const struct model *model,
					 const struct record_lost_work *work)
{
	const struct record_thread *thread = first_waiter(model, work);
	struct fork_link link;
	bool more = fork_line_begin(model, &link, work->fork, NULL);

	for (; thread && more; more = fork_line_next(model, &link))
		if (has_thread_of(model, link.lost, thread))
			return link.fork;
	return work->fork;
}

static const char *function_that_gave(const struct telling *telling)
{
	if (telling->work->kind == LOCK_SEMAPHORE)
		return "sem_post";
	return telling->work->flags & LOST_WORK_TO_ALL ? "pthread_cond_broadcast"
						       : "pthread_cond_signal";
}

static void lost_work_fill_child(struct judgement *judgement, struct finding *finding,
				 const struct telling *telling)
{
	const struct process_facts *facts =
		model_facts(judgement->model, telling->work->record.process);
	struct child_part *part = &finding->child;

	part->present = true;
	part->pid = facts ? facts->pid : -1;
	part->tid = telling->work->tid;
	part->waiting_in = function_that_gave(telling);
	part->deed = telling->deed == DEED_NEWS ? "told them" : "gave them work";
	part->stack = telling->stack;
	part->after_ms = -1;
}

static void lost_work_fill_missing(struct judgement *judgement, struct finding *finding,
				   const struct record_lost_work *work)
{
	struct record_lost *lost = arena_zalloc(
		judgement->arena, sizeof(*lost) + work->count * sizeof(session_reference));

	lost->count = work->count;
	memcpy(lost->threads, work->threads, work->count * sizeof(session_reference));
	missing_threads(judgement, finding, work->record.process, lost);
}

/* A lock of Python's is a semaphore without a name, which its caller says more of. */
static const char *lost_work_object_words(struct judgement *judgement,
					  const struct finding *finding)
{
	const struct python_frames *python = finding->child.stack.python;

	return python && python->count ? "a lock of Python's"
				       : evidence_lock_words(judgement, &finding->lock);
}

static const char *times_words(struct judgement *judgement, const struct telling *telling)
{
	const char *often = telling->work->given > 1 ? arena_printf(judgement->arena, " %u times",
								    telling->work->given)
						     : "";

	if (telling->children < 2)
		return often;
	return arena_printf(judgement->arena, "%s, as %llu children did", often,
			    (unsigned long long)telling->children);
}

static const char *lost_work_explain(struct judgement *judgement, const struct finding *finding,
				     const struct telling *telling)
{
	bool is_news = telling->deed == DEED_NEWS;

	return arena_printf(
		judgement->arena,
		"it %s %s%s. At the fork %s waited for that, and nobody else. %s%s",
		telling->work->kind == LOCK_SEMAPHORE ? "posted" : "signalled",
		lost_work_object_words(judgement, finding), times_words(judgement, telling),
		telling->work->waiters == 1 ? "that thread" : "those threads",
		is_news ? "Whether somebody else looks after it is not known."
			: "By the end of the child nobody had taken it, and the child was not "
			  "told: the call succeeds.",
		fork_path_remark(judgement, &finding->fork));
}

static void lost_work_report(struct judgement *judgement, const struct rule *rule,
			     struct telling *telling)
{
	const struct record_lost_work *work = telling->work;
	uint32_t process = work->record.process;
	bool is_news = telling->deed == DEED_NEWS;
	struct finding *finding = judgement_add(judgement, rule);

	finding->severity = is_news ? SEVERITY_NOTE : SEVERITY_WARNING;
	finding->certainty = CERTAINTY_OBSERVED;
	evidence_forks(judgement, finding, fork_of_waiters(judgement->model, work),
		       model_facts(judgement->model, process));
	evidence_lock(judgement, &finding->lock, process, work->object, work->kind, NULL, 0, 0);
	lost_work_fill_child(judgement, finding, telling);
	lost_work_fill_missing(judgement, finding, work);
	finding->count = telling->children;
	finding->message =
		arena_printf(judgement->arena, "child %d %s %s not exist in it%s.",
			     finding->child.pid, is_news ? "told" : "gave work to",
			     culprit_words(judgement, finding), is_news ? "" : "; nobody took it");
	finding->why = lost_work_explain(judgement, finding, telling);
	cure_finding(judgement, finding,
		     &(struct cure_question){.situation = CURE_LOST_WORK, .kind = work->kind});
	evidence_identify(judgement, finding);
}

static struct telling look_at(struct judgement *judgement, session_reference reference)
{
	const struct record_lost_work *work = model_lost_work(judgement->model, reference);
	const struct record_fork *fork = model_fork(judgement->model, work->fork);
	uint32_t process = work->record.process;
	struct telling telling = {.work = work,
				  .children = reader_count(judgement->model->reader, reference)};

	if (fork)
		telling.forked_at = evidence_stack(judgement, fork->parent, fork->stack);
	telling.stack = evidence_stack(judgement, process, work->stack);
	telling.stack.python = python_evidence_at(judgement, process, work->python, work->stack);
	telling.deed = lost_work_deed_of(work, &telling.stack);
	if (has_hung(judgement->model, process) || joins_waiter(judgement->model, work))
		telling.deed = DEED_NOTHING;
	return telling;
}

static bool add_to_known(const struct model *model, struct telling *known, size_t count,
			 const struct telling *telling)
{
	for (size_t i = 0; i < count; i++)
		if (is_about_same(model, &known[i], telling)) {
			known[i].children += telling->children;
			return true;
		}
	return false;
}

void judge_lost_work(struct judgement *judgement, const struct rule *rule)
{
	const struct model_list *list = model_list(judgement->model, RECORD_LOST_WORK);
	struct telling *tellings = arena_array(judgement->arena, list->count, sizeof(*tellings));
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct telling telling = look_at(judgement, list->references[i]);

		if (telling.deed != DEED_NOTHING &&
		    !add_to_known(judgement->model, tellings, count, &telling))
			tellings[count++] = telling;
	}
	for (size_t i = 0; i < count; i++)
		lost_work_report(judgement, rule, &tellings[i]);
}
