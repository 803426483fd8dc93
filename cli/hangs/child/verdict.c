/*
 * The quiescent tasks of a process are judged here: what ties each to lost threads, and who
 * else could end its wait. Single tasks in futex waits are held to read their stacks; all else
 * is only read.
 */
#include "verdict.h"
#include "base/array.h"
#include "descriptor_ties.h"
#include "hangs/identify/lost_threads.h"
#include "hangs/identify/parked_threads.h"
#include "hangs/identify/python_state.h"
#include "hangs/identify/region_wait.h"
#include "hangs/identify/wakeup_sources.h"
#include "hangs/record/private_wait.h"
#include "hangs/record/unseen_wait.h"
#include "other_ends.h"
#include "own_lock.h"
#include "process/core_file.h"
#include "process/descriptor_wait.h"
#include "process/memory_map.h"
#include "set_wait.h"
#include "shim/common/arch/arch.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

/* Stacks that are read for one verdict: threads of a pool stand in the same place. */
#define ASKS_MAX 64
/* For so long after one has come to rest the others may. */
#define SETTLE_NS 1000000000u
/* A word has another value for so long, and who sleeps on the old one has not run: the wake-up
 * went elsewhere. */
#define SETTLED_NS 300000000u
/* Not seen so for longer, it is not any more. */
#define CHANGED_NS 3000000000u
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
	bool all_own;   /* lost threads have no part in any of it */
	bool may_close; /* who else could write may yet come to stand still */
	unsigned asked;
	/* The task that the story is about. */
	const struct task_look *task;
	struct tie tie;
	struct wait_facts facts;
	session_reference region; /* of the same task: it waits for a lock of libc's */
	/* The first wait for a private lock that others have, too. */
	struct private_wait private;
	struct task_look *private_task; /* NULL: there is none */
	bool is_changing;               /* such a word has changed only just */
	struct blocked_chain circle;    /* of its own tasks; its count is 0: there is none */
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

		/* What waits for descriptors is stuck where it is tied to lost threads. */
		inquiry->is_stuck[i] = inquiry->at_rest[i] && is_private &&
				       !descriptor_wait_is_untimed(&look->tasks[i]);
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

static struct unseen_question verdict_question(const struct inquiry *inquiry,
					       const struct task_look *task,
					       const struct wait_facts *facts)
{
	return (struct unseen_question){
		.model = inquiry->turn->model,
		.writer = inquiry->turn->writer,
		.process = inquiry->ties.process,
		.pid = inquiry->watched->pid,
		.look = inquiry->watched->look,
		.task = task,
		.function = facts->caller ? facts->caller : facts->function,
		.self = facts->self,
	};
}

/* A word that has changed just now may be that of a wake-up which is under way. */
static bool has_just_changed(struct inquiry *inquiry, const struct task_look *task)
{
	struct changed_word *changed = &inquiry->watched->changed;
	uint64_t now = inquiry->turn->now;
	bool is_same = changed->tid == task->tid && changed->since_ns >= task->since_ns;

	/* Of several, the first one that was seen tells. */
	if (!is_same && now - changed->last_ns < CHANGED_NS)
		return true;
	if (!is_same)
		*changed = (struct changed_word){.tid = task->tid, .since_ns = now};
	changed->last_ns = now;
	return now - changed->since_ns < SETTLED_NS;
}

/* Made for one process, and another one has it or has given it since: no wake-up arrives here. */
static bool ask_private(struct inquiry *inquiry, struct task_look *task,
			const struct wait_facts *facts)
{
	struct unseen_question question = verdict_question(inquiry, task, facts);
	struct private_wait found;

	if (!private_wait_find(&question, &found))
		return false;
	if (!found.owner && has_just_changed(inquiry, task)) {
		inquiry->is_changing = true;
	} else if (!inquiry->private_task) {
		inquiry->private = found;
		inquiry->private_task = task;
	}
	return true;
}

/* Of a process without the shim, the lock itself is asked who has it. */
static bool ask_lock(struct inquiry *inquiry, const struct task_look *task,
		     const struct wait_facts *facts)
{
	const struct unseen_question question = verdict_question(inquiry, task, facts);
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
	if (ask_private(inquiry, task, &facts) || ask_lock(inquiry, task, &facts))
		return true;
	tie = find_tie(inquiry, task, &facts);
	if (tie.evidence && facts.since_ns != task->since_ns && !tie.wait) {
		if (!verdict_ask(inquiry, task, &facts))
			return false;
		tie = find_tie(inquiry, task, &facts);
	}
	/* Another process may be about to come to what they share: code says nothing of that. */
	if (tie.evidence == EVIDENCE_LIBRARY && private_wait_may_be(inquiry->watched->pid, task))
		tie = (struct tie){.evidence = EVIDENCE_NONE};
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

/* What such a one waits for, its own tasks have. Of a semaphore that is no more than likely: what
 * else is known of it is asked all the same. */
static bool is_in_circle(const struct inquiry *inquiry, const struct task_look *task)
{
	if (own_lock_has_semaphore(&inquiry->circle))
		return false;
	for (size_t i = 0; i < inquiry->circle.count; i++)
		if (inquiry->circle.list[i].task == task)
			return true;
	return false;
}

static void find_circle(struct inquiry *inquiry)
{
	const struct own_lock_question question = {
		.turn = inquiry->turn,
		.watched = inquiry->watched,
		.is_stuck = inquiry->is_stuck,
		.is_all = !inquiry->alive,
	};

	if (inquiry->watched->forking || !own_lock_find(&question, &inquiry->circle))
		inquiry->circle.count = 0;
}

/* Of one that lacks nobody no stack is read without need: its tasks wait for each other. */
static bool is_to_be_asked(const struct inquiry *inquiry, const struct task_look *task)
{
	const struct watched *watched = inquiry->watched;

	return !task->asks_again && procfs_is_futex_wait(task) && !is_in_circle(inquiry, task) &&
	       (!watched->lacks_nobody || inquiry->ties.process->is_outside ||
		private_wait_may_be(watched->pid, task));
}

static bool ask_tasks(struct inquiry *inquiry)
{
	struct process_look *look = inquiry->watched->look;

	for (size_t i = 0; i < look->count; i++)
		if (inquiry->is_stuck[i] && is_to_be_asked(inquiry, &look->tasks[i]) &&
		    !ask_task(inquiry, &look->tasks[i]))
			return false;
	return true;
}

static void add_descriptor(struct inquiry *inquiry, size_t index, const struct tie *tie,
			   const struct wait_facts *facts)
{
	inquiry->is_stuck[index] = true;
	inquiry->stuck++;
	inquiry->alive--;
	verdict_consider(inquiry, &inquiry->watched->look->tasks[index], *tie, facts);
}

/* By a signal or a timer it would go on by itself, as a server does that is told to end. */
static const char *who_else_ends(const struct inquiry *inquiry, struct arena *arena,
				 const struct descriptor_wait *wait)
{
	const struct watched *watched = inquiry->watched;
	const char *source = wakeup_find(inquiry->turn->model, arena, inquiry->ties.process,
					 watched->pid, watched->look);

	return source ? source
		      : other_ends_find(inquiry->turn->model, arena, inquiry->ties.process,
					watched->pid, watched->look, wait);
}

/* Of a process that the shim is not in, nobody knows who wrote to them: it counts where nobody else
 * can end it, and that is all that is known of it. */
static void ask_unseen_descriptors(struct inquiry *inquiry, size_t index,
				   const struct descriptor_wait *wait)
{
	struct tie tie = {.descriptor = descriptor_tie_first(wait)};
	const struct wait_facts none = {0};
	struct arena arena;

	arena_init(&arena);
	if (!who_else_ends(inquiry, &arena, wait))
		add_descriptor(inquiry, index, &tie, &none);
	else
		inquiry->may_close = true;
	arena_release(&arena);
}

/*
 * Who answers by a connection nobody can be asked. Evidence is that the task has given work to a
 * lost thread of the very library that it waits in; or that the child has asked nothing of a peer
 * there, and either lost threads alone wrote to what wakes that library, or the parent waits by the
 * same set, in which no two can wait.
 */
static struct tie tie_to_set(const struct inquiry *inquiry, const struct process_facts *parent,
			     const struct task_look *task, const struct wait_facts *facts)
{
	struct tie tie = {.is_by_set = true};

	if (ties_gave_to_library(&inquiry->ties, task, facts)) {
		tie.evidence = EVIDENCE_HANDED;
		return tie;
	}
	if (!ties_waits_in_library(&inquiry->ties, facts) ||
	    !descriptor_tie_find_in_set(&inquiry->ties, (int)task->arguments[0], &tie.descriptor))
		return tie;
	if (!tie.descriptor.gave)
		tie.descriptor.kind = 0;
	if (tie.descriptor.gave || set_wait_has_parent(parent, task))
		tie.evidence = EVIDENCE_LIBRARY;
	return tie;
}

/* False when the task has moved. */
static bool ask_set(struct inquiry *inquiry, size_t index)
{
	struct watched *watched = inquiry->watched;
	struct task_look *task = &watched->look->tasks[index];
	const struct process_facts *parent =
		model_facts(inquiry->turn->model, inquiry->ties.process->parent);
	struct wait_facts facts;
	struct tie tie;

	if (!set_wait_accepts_nobody(parent, watched, task))
		return true;
	if (!verdict_ask(inquiry, task, &facts))
		return false;
	tie = tie_to_set(inquiry, parent, task, &facts);
	if (tie.evidence)
		add_descriptor(inquiry, index, &tie, &facts);
	return true;
}

/* A wait for descriptors that is tied to lost threads. False when the task has moved. */
static bool ask_descriptors(struct inquiry *inquiry, size_t index)
{
	struct task_look *task = &inquiry->watched->look->tasks[index];
	struct descriptor_tie descriptor;
	struct descriptor_wait wait;
	struct wait_facts facts;
	struct tie tie;

	if (!descriptor_wait_find(inquiry->watched->pid, task, &wait))
		return ask_set(inquiry, index);
	if (inquiry->ties.process->is_outside) {
		ask_unseen_descriptors(inquiry, index, &wait);
		return true;
	}
	if (!descriptor_tie_find(&inquiry->ties, &wait, &descriptor))
		return true;
	if (!verdict_ask(inquiry, task, &facts))
		return false;
	tie = ties_to_work(&inquiry->ties, task, &facts);
	if (!tie.evidence && descriptor.gave)
		tie.evidence = EVIDENCE_SERVED;
	else if (!tie.evidence && descriptor.is_of_parent)
		tie = ties_to_program(&inquiry->ties, &facts);
	if (!tie.evidence ||
	    (!descriptor.gave && !descriptor.is_of_parent && tie.evidence != EVIDENCE_HANDED))
		return true;
	tie.descriptor = descriptor;
	add_descriptor(inquiry, index, &tie, &facts);
	return true;
}

static bool ask_all_descriptors(struct inquiry *inquiry)
{
	const struct process_look *look = inquiry->watched->look;

	for (size_t i = 0; i < look->count; i++)
		if (inquiry->at_rest[i] && descriptor_wait_is_untimed(&look->tasks[i]) &&
		    !ask_descriptors(inquiry, i))
			return false;
	return true;
}

/* --- who else could end it ------------------------------------------------------------- */

/* It is in no code of the library's that waits, begins nothing by itself, and no other task of the
 * process will. */
static bool verdict_waits_for_others(const struct inquiry *inquiry, const struct task_look *task)
{
	const char *library = ties_lost_library(&inquiry->ties, &inquiry->facts);

	return inquiry->alive == 1 && library && !ties_may_be_in(&inquiry->ties, task, library) &&
	       other_ends_are_own(inquiry->turn->model, inquiry->ties.process,
				  inquiry->watched->pid, inquiry->watched->look, task);
}

/* A task of its own that is not stuck may do what the lost ones did. Since when has it not
 * run? UINT64_MAX: none may. */
static uint64_t server_since(const struct inquiry *inquiry)
{
	const struct process_look *look = inquiry->watched->look;
	uint64_t since = UINT64_MAX;

	for (size_t i = 0; inquiry->alive && i < look->count; i++) {
		const struct task_look *task = &look->tasks[i];

		if (inquiry->is_stuck[i] || is_inert(inquiry, task) ||
		    !ties_may_serve(&inquiry->ties, task, &inquiry->tie) ||
		    verdict_waits_for_others(inquiry, task))
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

static const char *who_else_writes(const struct inquiry *inquiry, struct arena *arena)
{
	const struct watched *watched = inquiry->watched;
	struct descriptor_wait wait;

	if (!descriptor_wait_find(watched->pid, inquiry->task, &wait))
		return "what it waits for has changed since";
	return other_ends_find(inquiry->turn->model, arena, inquiry->ties.process, watched->pid,
			       watched->look, &wait);
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
	if (inquiry->tie.is_by_set && !*verdict->reason)
		verdict_say(verdict,
			    "it waits for connections, too: a peer may yet send something");
	if (inquiry->tie.descriptor.kind && !*verdict->reason)
		verdict_say(verdict, who_else_writes(inquiry, &arena));
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
	verdict->descriptor = inquiry->tie.descriptor;
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

/* The parent may write to a descriptor as its lost threads did, and give work to a child that has
 * none: each of the two says something where nobody can write any more, or beside the other. */
static bool is_tied_by_half(const struct tie *tie)
{
	return tie->descriptor.kind && (!tie->descriptor.gave || tie->evidence == EVIDENCE_SERVED);
}

static bool is_for_descriptors(const struct tie *tie)
{
	return tie->descriptor.kind || tie->is_by_set;
}

/* While a task that might serve is there, and has done something of late, all is well. */
static void conclude_with(struct inquiry *inquiry, struct verdict *verdict)
{
	uint64_t server;

	verdict->is_pending = comes_to_rest(inquiry);
	if (verdict->is_pending)
		return;
	/* Any thread may write to a descriptor. */
	if (is_for_descriptors(&inquiry->tie) && inquiry->alive) {
		verdict->is_healthy = true;
		return;
	}
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
	/* Until it is to be told, others may yet come to rest, and prove it. */
	verdict->is_pending =
		is_for_descriptors(&inquiry->tie) && *verdict->reason &&
		inquiry->turn->now - inquiry->task->since_ns < inquiry->turn->hang_after_ns;
	if (verdict->is_pending)
		return;
	verdict->is_healthy = *verdict->reason && is_tied_by_half(&inquiry->tie);
	if (verdict->is_healthy)
		return;
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

/* Its own tasks have what they wait for: whom it lacks has no part in that. */
static void conclude_circle(struct inquiry *inquiry, struct verdict *verdict)
{
	const struct blocked_chain *circle = &inquiry->circle;

	*verdict = (struct verdict){.is_own = true, .tid = circle->list[0].task->tid};
	for (size_t i = 0; i < circle->count; i++)
		if (circle->list[i].task->since_ns > verdict->since_ns)
			verdict->since_ns = circle->list[i].task->since_ns;
	inquiry->task = NULL;
	if (own_lock_has_semaphore(circle))
		verdict_find_reason(inquiry, false, verdict);
	verdict->evidence = EVIDENCE_HOLDER;
	verdict->is_proven = !*verdict->reason;
}

/* Why a wait that no wake-up of others reaches may end all the same; "": it does not. */
static void find_private_reason(struct inquiry *inquiry, struct verdict *verdict)
{
	const struct watched *watched = inquiry->watched;
	struct arena arena;

	if (inquiry->alive) {
		verdict_say(verdict, "another thread of its own process may yet wake it");
		return;
	}
	arena_init(&arena);
	/* Whatever interrupts it, it looks at the word again. */
	verdict_say(verdict, wakeup_find(inquiry->turn->model, &arena, inquiry->ties.process,
					 watched->pid, watched->look));
	arena_release(&arena);
}

/* False when the task has moved. */
static bool conclude_private(struct inquiry *inquiry, struct verdict *verdict)
{
	struct wait_facts *facts = find_facts(inquiry->watched, inquiry->private_task);
	struct unseen_question question;
	session_reference wait;

	if (!facts)
		return false;
	find_private_reason(inquiry, verdict);
	question = verdict_question(inquiry, inquiry->private_task, facts);
	wait = private_wait_record(&question, &inquiry->private, !*verdict->reason);
	inquiry->task = inquiry->private_task;
	inquiry->tie = (struct tie){.evidence = EVIDENCE_HOLDER};
	if (*verdict->reason)
		inquiry->region = wait;
	else
		inquiry->tie.wait = wait;
	conclude(inquiry, verdict);
	return wait != 0;
}

/* All of its tasks have stood still for so long that it is to be told. */
static bool has_lasted(const struct inquiry *inquiry)
{
	const struct process_look *look = inquiry->watched->look;

	for (size_t i = 0; i < look->count; i++)
		if (inquiry->turn->now - look->tasks[i].since_ns < inquiry->turn->hang_after_ns)
			return false;
	return true;
}

static bool verdict_judge(struct inquiry *inquiry, struct verdict *verdict)
{
	sort_tasks(inquiry);
	if (!ask_all_descriptors(inquiry))
		return false;
	if (!inquiry->stuck) {
		verdict->is_pending = inquiry->may_close && !has_lasted(inquiry);
		verdict->is_healthy = !verdict->is_pending;
		return true;
	}
	if (!find_announced(inquiry)) {
		if (!inquiry->watched->forking && find_region(inquiry, verdict))
			return true;
		find_circle(inquiry);
		if (!ask_tasks(inquiry))
			return false;
	}
	if (inquiry->watched->forking)
		conclude_in_fork(inquiry, verdict);
	else if (inquiry->private_task)
		return conclude_private(inquiry, verdict);
	else if (inquiry->is_changing)
		verdict->is_pending = true;
	else if (inquiry->circle.count && !inquiry->tie.evidence)
		conclude_circle(inquiry, verdict);
	else if (inquiry->watched->lacks_nobody && inquiry->tie.evidence != EVIDENCE_HOLDER)
		verdict->is_healthy = true;
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
