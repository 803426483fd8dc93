/*
 * The quiescent tasks of a process are judged here: what ties each to lost threads, and who
 * else could end its wait. Single tasks in futex waits are held to read their stacks; all else
 * is only read.
 */
#include "verdict.h"
#include "base/array.h"
#include "hangs/identify/lost_threads.h"
#include "hangs/identify/parked_threads.h"
#include "hangs/identify/python_state.h"
#include "hangs/identify/region_wait.h"
#include "hangs/identify/wakeup_sources.h"
#include "hangs/record/unseen_wait.h"
#include "process/core_file.h"
#include "process/memory_map.h"
#include "shim/common/arch/arch.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

/* Stacks that are read for one verdict: threads of a pool stand in the same place. */
#define ASKS_MAX 64
/* For so long after one has come to rest the others may. */
#define SETTLE_NS 1000000000u
/* What is known of waits that have ended goes with all the rest. */
#define BOOK_MAX 1024

struct inquiry {
	const struct turn *turn;
	struct watched *watched;
	const bool *at_rest;
	struct tie_search ties;
	uint64_t shims_own;       /* signals, see wakeup_shims_own() */
	bool is_stuck[TASKS_MAX]; /* at rest, and on memory of its own */
	size_t stuck;
	size_t alive; /* tasks that may yet do something */
	bool is_reach_unknown;
	bool all_own; /* lost threads have no part in any of it */
	unsigned asked;
	/* The task that the story is about. */
	const struct task_look *task;
	struct tie tie;
	struct wait_facts facts;
	session_reference region; /* of the same task: it waits for a lock of libc's */
};

/* --- what is known of stacks -------------------------------------------------------- */

void verdict_forget(struct watched *watched)
{
	if (watched->book.count)
		arena_release(&watched->book.arena);
	watched->book.count = 0;
}

static struct wait_facts *find_facts(const struct watched *watched, const struct task_look *task)
{
	for (size_t i = watched->book.count; i-- > 0;)
		if (waits_are_of(&watched->book.list[i], task))
			return &watched->book.list[i];
	return NULL;
}

static struct wait_facts *add_facts(struct watched *watched)
{
	struct wait_book *book = &watched->book;

	if (book->count == BOOK_MAX)
		verdict_forget(watched);
	if (!ARRAY_MAKE_ROOM(book->list, book->count, book->capacity))
		return NULL;
	if (!book->count)
		arena_init(&book->arena);
	return &book->list[book->count++];
}

/* False when the task has moved. */
static bool verdict_ask(struct inquiry *inquiry, struct task_look *task, struct wait_facts *facts)
{
	struct watched *watched = inquiry->watched;
	struct wait_facts *known = find_facts(watched, task);

	*facts = (struct wait_facts){0};
	if (inquiry->asked == ASKS_MAX)
		return true;
	if (!known)
		known = add_facts(watched);
	if (!known)
		return true;
	inquiry->asked++;
	if (!waits_ask(inquiry->turn->model, &watched->book.arena, watched->serial, watched->pid,
		       watched->look, task, known)) {
		known->tid = 0;
		return false;
	}
	task->was_held = true;
	*facts = *known;
	return true;
}

/* --- who stands still for good ------------------------------------------------------- */

struct reach_search {
	struct inquiry *inquiry;
	enum reach reach[TASKS_MAX];
};

static bool find_reach(const struct mapping *mapping, void *data)
{
	struct reach_search *search = data;
	const struct process_look *look = search->inquiry->watched->look;

	for (size_t i = 0; i < look->count; i++) {
		const struct task_look *task = &look->tasks[i];

		if (procfs_is_futex_wait(task) && task->arguments[0] >= mapping->start &&
		    task->arguments[0] < mapping->end)
			search->reach[i] = maps_reach_in(search->inquiry->watched->pid, mapping,
							 procfs_is_private_wait(task));
	}
	return true;
}

/*
 * It waits for nothing but a signal, and catches none: a signal would end the process, and
 * not the wait.
 */
static bool is_inert(const struct inquiry *inquiry, const struct task_look *task)
{
	const uint64_t *a = task->arguments;

	if (!task->in_call || task->state != 'S' ||
	    wakeup_open_signals(inquiry->watched->look, task) & ~inquiry->shims_own)
		return false;
	switch (task->number) {
	case ARCH_CALL_PAUSE:
	case SYS_rt_sigsuspend:
		return true;
	case ARCH_CALL_POLL:
		return !a[1] && (int)a[2] < 0;
	case SYS_ppoll:
		return !a[1] && !a[2];
	case ARCH_CALL_SELECT:
	case SYS_pselect6:
		return !a[0] && !a[4];
	default:
		return false;
	}
}

static void sort_tasks(struct inquiry *inquiry)
{
	static struct reach_search search;
	const struct process_look *look = inquiry->watched->look;

	search = (struct reach_search){.inquiry = inquiry};
	inquiry->shims_own = wakeup_shims_own(
		model_facts(inquiry->turn->model, inquiry->watched->serial), inquiry->watched->pid);
	for (size_t i = 0; i < look->count; i++)
		search.reach[i] = REACH_UNKNOWN;
	maps_each(inquiry->watched->pid, find_reach, &search);
	for (size_t i = 0; i < look->count; i++) {
		bool is_private = search.reach[i] == REACH_PRIVATE || look->tasks[i].asks_again ||
				  !procfs_is_futex_wait(&look->tasks[i]);

		inquiry->is_stuck[i] = inquiry->at_rest[i] && is_private;
		inquiry->stuck += inquiry->is_stuck[i];
		inquiry->alive += !inquiry->is_stuck[i] && !is_inert(inquiry, &look->tasks[i]);
		inquiry->is_reach_unknown |=
			inquiry->at_rest[i] && search.reach[i] == REACH_UNKNOWN && !is_private;
	}
}

/* --- evidence ------------------------------------------------------------------------ */

/* A lock of CPython's own, whose owner the lock names. */
static struct tie tie_to_parked(struct inquiry *inquiry, const struct task_look *task)
{
	const struct process_facts *process = inquiry->ties.process;
	struct parked parked = {0};
	struct tie tie = {.evidence = EVIDENCE_NONE};

	if (!python_find_lock(process, inquiry->watched->pid, task, &parked) || !parked.owner)
		return tie;
	for (size_t i = 0; i < inquiry->watched->book.count; i++)
		tie.is_own |= inquiry->watched->book.list[i].self == parked.owner;
	if (!tie.is_own && lost_has_self(inquiry->turn->model, process, parked.owner))
		tie.evidence = EVIDENCE_HOLDER;
	return tie;
}

/*
 * Another task waits for a mutex that this one has: what was about to wake it is there, and
 * shut out.
 */
static bool shuts_out(const struct inquiry *inquiry, const struct task_look *task)
{
	const struct process_look *look = inquiry->watched->look;

	for (size_t i = 0; i < look->count; i++)
		if (inquiry->is_stuck[i] && &look->tasks[i] != task &&
		    ties_is_owner(&inquiry->ties, &look->tasks[i], task->tid))
			return true;
	return false;
}

static struct tie find_tie(struct inquiry *inquiry, const struct task_look *task,
			   const struct wait_facts *facts)
{
	struct tie tie = ties_find(&inquiry->ties, task, facts);

	if (tie.evidence == EVIDENCE_NONE || tie.evidence == EVIDENCE_HANDED) {
		struct tie parked = tie_to_parked(inquiry, task);

		if (parked.is_own || parked.evidence)
			tie = parked;
	}
	if ((!tie.evidence || tie.is_by_program) && shuts_out(inquiry, task))
		tie = (struct tie){.is_own = true};
	return tie;
}

/* What a library's code on the stack says is more than what a package's or the program's does. */
static int strength_of(const struct tie *tie)
{
	static const int strengths[EVIDENCE_KINDS] = {
		[EVIDENCE_HANDED] = 2, [EVIDENCE_LIBRARY] = 4, [EVIDENCE_SERVED] = 5,
		[EVIDENCE_TAKEN] = 6,  [EVIDENCE_HOLDER] = 7,
	};

	return strengths[tie->evidence] - (tie->is_by_package || tie->is_by_program);
}

static void verdict_consider(struct inquiry *inquiry, const struct task_look *task, struct tie tie,
			     const struct wait_facts *facts)
{
	inquiry->all_own &= tie.is_own;
	if (inquiry->task && strength_of(&tie) <= strength_of(&inquiry->tie))
		return;
	inquiry->task = task;
	inquiry->tie = tie;
	inquiry->facts = *facts;
}

/* Of a process without the shim, the lock itself is asked who has it. */
static bool ask_lock(struct inquiry *inquiry, const struct task_look *task,
		     const struct wait_facts *facts)
{
	const struct unseen_question question = {
		.model = inquiry->turn->model,
		.writer = inquiry->turn->writer,
		.process = inquiry->ties.process,
		.pid = inquiry->watched->pid,
		.look = inquiry->watched->look,
		.task = task,
		.function = facts->caller ? facts->caller : facts->function,
		.self = facts->self,
	};
	struct tie tie = {.evidence = EVIDENCE_HOLDER};
	const struct record_wait *wait;
	bool is_own = false;

	if (!inquiry->ties.process->is_outside || !procfs_is_untimed_futex_wait(task))
		return false;
	if (ties_joins_own(&inquiry->ties, task, facts)) {
		verdict_consider(inquiry, task, (struct tie){.is_own = true}, facts);
		return true;
	}
	if (ties_joins_lost(&inquiry->ties, task) || unseen_join_record(&question)) {
		verdict_consider(inquiry, task, tie, facts);
		return true;
	}
	tie.wait = ties_open_wait(question.model, question.process, question.pid, task->tid);
	if (!tie.wait)
		tie.wait = unseen_wait_record(&question, &is_own);
	if (is_own) {
		verdict_consider(inquiry, task, (struct tie){.is_own = true}, facts);
		return true;
	}
	wait = model_wait(inquiry->turn->model, tie.wait);
	if (!wait)
		return false;
	if (wait->flags & WAIT_PERHAPS) {
		inquiry->region = tie.wait;
		tie.wait = 0;
	}
	verdict_consider(inquiry, task, tie, facts);
	return true;
}

/* False when the task has moved. What was known of an earlier wait in the same place is
 * good for nothing more than to pass over it. */
static bool ask_task(struct inquiry *inquiry, struct task_look *task)
{
	const struct wait_facts *known = find_facts(inquiry->watched, task);
	struct wait_facts facts = {0};
	struct tie tie;

	if (known)
		facts = *known;
	else if (!verdict_ask(inquiry, task, &facts))
		return false;
	if (ask_lock(inquiry, task, &facts))
		return true;
	tie = find_tie(inquiry, task, &facts);
	if (tie.evidence && facts.since_ns != task->since_ns && !tie.wait) {
		if (!verdict_ask(inquiry, task, &facts))
			return false;
		tie = find_tie(inquiry, task, &facts);
	}
	verdict_consider(inquiry, task, tie, &facts);
	return true;
}

/* One that asked for an orphaned lock says it all. */
static bool find_announced(struct inquiry *inquiry)
{
	struct watched *watched = inquiry->watched;
	const struct wait_facts none = {0};

	for (size_t i = 0; watched->wait && i < watched->look->count; i++) {
		const struct task_look *task = &watched->look->tasks[i];
		struct tie tie = {.evidence = EVIDENCE_HOLDER};

		if (!inquiry->is_stuck[i])
			continue;
		tie.wait = ties_open_wait(inquiry->turn->model, inquiry->ties.process, watched->pid,
					  task->tid);
		if (tie.wait)
			verdict_consider(inquiry, task, tie, &none);
	}
	return inquiry->task != NULL;
}

static bool ask_tasks(struct inquiry *inquiry)
{
	struct process_look *look = inquiry->watched->look;

	for (size_t i = 0; i < look->count; i++)
		if (inquiry->is_stuck[i] && !look->tasks[i].asks_again &&
		    procfs_is_futex_wait(&look->tasks[i]) && !ask_task(inquiry, &look->tasks[i]))
			return false;
	return true;
}

/* --- who else could end it ------------------------------------------------------------- */

/* A task of its own that is not stuck may do what the lost ones did. Since when has it not
 * run? UINT64_MAX: none may. */
static uint64_t server_since(const struct inquiry *inquiry)
{
	const struct process_look *look = inquiry->watched->look;
	uint64_t since = UINT64_MAX;

	for (size_t i = 0; inquiry->alive && i < look->count; i++) {
		const struct task_look *task = &look->tasks[i];

		if (inquiry->is_stuck[i] || is_inert(inquiry, task) ||
		    !ties_may_serve(&inquiry->ties, task, &inquiry->tie))
			continue;
		if (since == UINT64_MAX || task->since_ns > since)
			since = task->since_ns;
	}
	return since;
}

static bool all_begin_again(const struct inquiry *inquiry)
{
	const struct process_look *look = inquiry->watched->look;

	for (size_t i = 0; i < look->count; i++) {
		const struct wait_facts *facts = find_facts(inquiry->watched, &look->tasks[i]);

		if (!facts || !facts->begins_again)
			return false;
	}
	return true;
}

static void verdict_say(struct verdict *verdict, const char *reason)
{
	snprintf(verdict->reason, sizeof(verdict->reason), "%s", reason ? reason : "");
}

/* Why it is not proven that nobody can; "": it is. */
static void verdict_find_reason(struct inquiry *inquiry, bool begins_again, struct verdict *verdict)
{
	const struct watched *watched = inquiry->watched;
	struct arena arena;

	arena_init(&arena);
	if (inquiry->task && procfs_is_futex_wait(inquiry->task) &&
	    !waits_word_is_same(watched->pid, inquiry->task))
		verdict_say(verdict, "the word that it waits on has changed since");
	else if (begins_again)
		verdict_say(verdict, wakeup_find_posters(inquiry->ties.process, watched->pid));
	else
		verdict_say(verdict,
			    wakeup_find(inquiry->turn->model, &arena, inquiry->ties.process,
					watched->pid, watched->look));
	arena_release(&arena);
}

/* --- the verdict -------------------------------------------------------------------------- */

static void conclude(struct inquiry *inquiry, struct verdict *verdict)
{
	verdict->tid = inquiry->task ? inquiry->task->tid : inquiry->watched->pid;
	verdict->since_ns = inquiry->task ? inquiry->task->since_ns : 0;
	verdict->wait = inquiry->tie.wait;
	verdict->held = inquiry->tie.held;
	verdict->region = inquiry->region;
	verdict->evidence = inquiry->tie.evidence;
	verdict->is_proven = verdict->evidence && !*verdict->reason;
	verdict->may_be_killed = verdict->is_proven && !inquiry->alive;
}

/* Nothing was found to be there but that it does not move. */
static void conclude_without(struct inquiry *inquiry, struct verdict *verdict)
{
	if (inquiry->alive || inquiry->all_own) {
		verdict->is_healthy = true;
		return;
	}
	verdict_find_reason(inquiry, false, verdict);
	if (!*verdict->reason)
		verdict_say(verdict,
			    "nothing was seen that ties what it waits for to these threads");
	conclude(inquiry, verdict);
}

/* Others of its tasks have come to rest just now: in a moment more is known, and one report
 * says it all. */
static bool comes_to_rest(const struct inquiry *inquiry)
{
	const struct process_look *look = inquiry->watched->look;

	if (inquiry->turn->now - inquiry->task->since_ns >= SETTLE_NS)
		return false;
	for (size_t i = 0; i < look->count; i++)
		if (!inquiry->at_rest[i] && procfs_is_untimed_futex_wait(&look->tasks[i]))
			return true;
	return false;
}

/* While a task that might serve is there, and has done something of late, all is well. */
static void conclude_with(struct inquiry *inquiry, struct verdict *verdict)
{
	uint64_t server;

	verdict->is_pending = comes_to_rest(inquiry);
	if (verdict->is_pending)
		return;
	server = inquiry->tie.evidence == EVIDENCE_HOLDER ? UINT64_MAX : server_since(inquiry);
	verdict->is_pending =
		server != UINT64_MAX && inquiry->turn->now - server < inquiry->turn->hang_after_ns;
	if (verdict->is_pending)
		return;
	/* Whose object it is nobody has seen: its own thread is as likely to serve it. */
	if (server != UINT64_MAX && inquiry->ties.process->is_outside &&
	    (inquiry->tie.is_by_program || inquiry->tie.is_by_package)) {
		verdict->is_healthy = true;
		return;
	}
	verdict_find_reason(inquiry,
			    inquiry->facts.begins_again || inquiry->tie.evidence == EVIDENCE_HOLDER,
			    verdict);
	if (inquiry->tie.evidence == EVIDENCE_HOLDER)
		verdict_say(verdict, NULL);
	/* The program's own code on the stack is too little for an error that is not proven; a core
	 * never tells what could wake it. */
	if (*verdict->reason && inquiry->tie.is_by_program && !core_is(inquiry->watched->pid))
		inquiry->tie.evidence = EVIDENCE_NONE;
	if (server != UINT64_MAX) {
		inquiry->tie.evidence = EVIDENCE_NONE;
		verdict_say(verdict, "another thread of the child may yet do what they did");
	}
	conclude(inquiry, verdict);
	if (server != UINT64_MAX && server > verdict->since_ns)
		verdict->since_ns = server;
}

/* A lock of libc's: that a lost thread has it, the word that is waited on says. */
static bool find_region(struct inquiry *inquiry, struct verdict *verdict)
{
	struct watched *watched = inquiry->watched;
	pid_t tid = 0;

	inquiry->region = region_wait(inquiry->turn->model, watched->serial, watched->look, &tid);
	if (!inquiry->region)
		return false;
	for (size_t i = 0; i < watched->look->count; i++)
		if (watched->look->tasks[i].tid == tid)
			inquiry->task = inquiry->is_stuck[i] ? &watched->look->tasks[i] : NULL;
	if (!inquiry->task) {
		inquiry->region = 0;
		return false;
	}
	inquiry->tie = (struct tie){.evidence = EVIDENCE_HOLDER};
	if (inquiry->alive)
		verdict_say(verdict, "another thread of the child may have what it waits for");
	conclude(inquiry, verdict);
	return true;
}

/* Inside fork(): that it has not come back is the evidence. */
static void conclude_in_fork(struct inquiry *inquiry, struct verdict *verdict)
{
	if (inquiry->alive) {
		verdict->is_healthy = true;
		return;
	}
	inquiry->task = NULL;
	inquiry->tie.wait = inquiry->tie.wait ? inquiry->tie.wait : 0;
	if (!inquiry->tie.wait)
		verdict_find_reason(inquiry, all_begin_again(inquiry), verdict);
	conclude(inquiry, verdict);
	verdict->evidence = EVIDENCE_NONE;
	verdict->is_proven = !*verdict->reason;
	verdict->may_be_killed = verdict->is_proven;
	for (size_t i = 0; i < inquiry->watched->look->count; i++)
		if (inquiry->watched->look->tasks[i].since_ns > verdict->since_ns)
			verdict->since_ns = inquiry->watched->look->tasks[i].since_ns;
}

static bool verdict_judge(struct inquiry *inquiry, struct verdict *verdict)
{
	sort_tasks(inquiry);
	if (!inquiry->stuck) {
		verdict->is_healthy = true;
		return true;
	}
	if (!find_announced(inquiry)) {
		if (!inquiry->watched->forking && find_region(inquiry, verdict))
			return true;
		if (!ask_tasks(inquiry))
			return false;
	}
	if (inquiry->watched->forking)
		conclude_in_fork(inquiry, verdict);
	else if (inquiry->tie.evidence)
		conclude_with(inquiry, verdict);
	else
		conclude_without(inquiry, verdict);
	return true;
}

bool verdict_find(const struct turn *turn, struct watched *watched, const bool *at_rest)
{
	static struct inquiry inquiry;
	bool is_there;

	inquiry = (struct inquiry){
		.turn = turn, .watched = watched, .at_rest = at_rest, .all_own = true};
	watched->verdict = (struct verdict){0};
	ties_open(&inquiry.ties, turn->model, model_facts(turn->model, watched->serial),
		  watched->pid, watched->look);
	is_there = verdict_judge(&inquiry, &watched->verdict);
	ties_release(&inquiry.ties);
	return is_there;
}

bool verdict_all_stand_still(const struct turn *turn, struct watched *watched, const bool *at_rest)
{
	static struct inquiry inquiry;

	inquiry = (struct inquiry){.turn = turn, .watched = watched, .at_rest = at_rest};
	sort_tasks(&inquiry);
	return !inquiry.alive;
}
