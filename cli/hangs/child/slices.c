/*
 * Tasks that wait in slices are judged here, by looks some tenths of a second apart. A window
 * begins when a look sees no task in a new place; if it lasts for --hang-after, and the process
 * has made no progress in it, stacks are read for what ties a wait to lost threads. Single tasks
 * in futex waits are held for that; calls that a stop would end are only read.
 */
#include "slices.h"
#include "base/array.h"
#include "hangs/identify/wakeup_sources.h"
#include "other_ends.h"
#include "process/epoll_members.h"
#include "process/holders.h"
#include "process/memory_map.h"
#include "proof.h"
#include "set_wait.h"
#include "shim/common/arch/arch.h"
#include "ties.h"
#include <stdlib.h>
#include <sys/syscall.h>

/* A wait that has come back so often in a window is one in slices; the limit of any other is
 * still to come. */
#define RESTARTS_MIN 2
/* Who has waited in more places than so many for each task moves. */
#define PLACES_PER_TASK 4
/* Quick checks in a row at one place, before a look is taken. */
#define QUICK_CHECKS 4
/* Without a finding, the next judgement is so many windows later, at the most. */
#define WINDOWS_MAX 8
/* Stacks that are read for one judgement. */
#define SLICES_ASKED 16
/* Looks in a row elsewhere: it has gone on. */
#define AWAY_MAX 4

/* --- where they wait ----------------------------------------------------------------- */

static bool slices_is_wait(const struct task_look *task)
{
	return task->state == 'S' && task->in_call;
}

static uint64_t slices_mix(uint64_t hash, uint64_t value)
{
	return (hash ^ value) * 0x9e3779b97f4a7c15u;
}

/* Arrays of descriptors and time limits may lie elsewhere each time. */
static uint64_t place_of(const struct task_look *task, size_t task_count)
{
	uint64_t hash = slices_mix(1, (uint64_t)task->tid);

	hash = slices_mix(slices_mix(hash, (uint64_t)task->number), task->sp);
	hash = slices_mix(slices_mix(hash, task->pc), task_count);
	return slices_mix(hash, procfs_is_futex_wait(task) ? task->arguments[0] : 0);
}

static bool slices_has(const struct slices *slices, uint64_t place)
{
	for (size_t i = 0; i < slices->count; i++)
		if (slices->places[i] == place)
			return true;
	return false;
}

/* True where it is a new one. */
static bool add_place(struct slices *slices, uint64_t place)
{
	if (slices_has(slices, place))
		return false;
	if (ARRAY_MAKE_ROOM(slices->places, slices->count, slices->capacity))
		slices->places[slices->count++] = place;
	return true;
}

static bool slices_read_progress(const struct turn *turn, const struct watched *watched,
				 struct progress *progress)
{
	const struct process_facts *process = model_facts(turn->model, watched->serial);
	struct private_facts facts;
	uint32_t sent =
		process && wakeup_read_facts(process, watched->pid, &facts) ? facts.sent : 0;

	return progress_read(watched->pid, sent, watched->look, progress);
}

static void begin_window(const struct turn *turn, struct watched *watched)
{
	struct slices *slices = &watched->slices;

	if (!slices_read_progress(turn, watched, &slices->before))
		return;
	slices->since_ns = turn->now;
	slices->next_ns = turn->now + turn->moving_after_ns;
	for (size_t i = 0; i < watched->look->count; i++)
		watched->look->tasks[i].switches_before = watched->look->tasks[i].switches;
}

void slices_note(const struct turn *turn, struct watched *watched)
{
	struct slices *slices = &watched->slices;
	const struct process_look *look = watched->look;
	bool is_new = false;

	if (slices->count > PLACES_PER_TASK * (look->count + 1))
		slices_forget(slices);
	for (size_t i = 0; i < look->count; i++)
		if (slices_is_wait(&look->tasks[i]))
			is_new |= add_place(slices, place_of(&look->tasks[i], look->count));
	if (is_new) {
		slices->since_ns = 0;
		slices->rounds = 0;
	} else if (!slices->since_ns) {
		begin_window(turn, watched);
	}
}

bool slices_is_candidate(const struct task_look *first)
{
	return procfs_is_sleep(first) || procfs_is_timed_descriptor_wait(first);
}

bool slices_may_skip(const struct turn *turn, struct watched *watched,
		     const struct task_look *first)
{
	struct slices *slices = &watched->slices;
	uint64_t place = place_of(first, 1);

	if (slices->quick_place != place) {
		slices->quick_place = place;
		slices->quick_count = 0;
	}
	if (++slices->quick_count < QUICK_CHECKS)
		return true;
	return slices_has(slices, place) && slices->since_ns && turn->now < slices->next_ns;
}

void slices_forget(struct slices *slices)
{
	slices->count = 0;
	slices->since_ns = 0;
	slices->rounds = 0;
	slices->quick_count = 0;
}

void slices_release(struct slices *slices)
{
	free(slices->places);
	*slices = (struct slices){0};
}

/* --- what each of them does ------------------------------------------------------------- */

enum slice {
	SLICE_ALIVE,      /* it may yet do something by itself */
	SLICE_STILL,      /* waits without a limit, on memory of its own */
	SLICE_FUTEX,      /* the same with one, again and again */
	SLICE_SLEEP,      /* sleeps again and again */
	SLICE_DESCRIPTOR, /* by a set of epoll of its parent's, again and again */
};

struct slices_inquiry {
	const struct turn *turn;
	struct watched *watched;
	struct tie_search ties;
	const struct process_facts *parent; /* NULL: not known */
	struct arena arena;
	uint8_t slices[TASKS_MAX];
	bool any_futex;
	bool has_moved; /* a task, while it was asked: that says nothing */
	unsigned asked;
	/* The task that the story is about, and what ties it. */
	const struct task_look *task;
	struct tie tie;
	bool is_tied;        /* by code of a library's, or a package's, whose threads were lost */
	const char *library; /* the library; NULL: a package, or it is not tied */
};

static bool slices_is_private(const struct slices_inquiry *inquiry, const struct task_look *task)
{
	return maps_reach(inquiry->watched->pid, task->arguments[0],
			  procfs_is_private_wait(task)) != REACH_SHARED;
}

static enum slice slice_of(const struct slices_inquiry *inquiry, const struct task_look *task)
{
	bool comes_back = task->switches - task->switches_before >= RESTARTS_MIN;

	if (!slices_is_wait(task))
		return SLICE_ALIVE;
	if (procfs_is_futex_wait(task)) {
		if (!slices_is_private(inquiry, task))
			return SLICE_ALIVE;
		if (procfs_is_untimed_futex_wait(task) || task->asks_again)
			return SLICE_STILL;
		return comes_back ? SLICE_FUTEX : SLICE_ALIVE;
	}
	if (!comes_back)
		return SLICE_ALIVE;
	if (procfs_is_sleep(task))
		return SLICE_SLEEP;
	return procfs_is_timed_descriptor_wait(task) &&
			       set_wait_is_closed(inquiry->parent, inquiry->watched, task)
		       ? SLICE_DESCRIPTOR
		       : SLICE_ALIVE;
}

/* False where none of them waits in slices. */
static bool sort_slices(struct slices_inquiry *inquiry)
{
	const struct process_look *look = inquiry->watched->look;
	bool any = false;

	for (size_t i = 0; i < look->count; i++) {
		enum slice slice = slice_of(inquiry, &look->tasks[i]);

		inquiry->slices[i] = (uint8_t)slice;
		inquiry->any_futex |= slice == SLICE_FUTEX;
		any |= slice > SLICE_STILL;
	}
	return any;
}

/* --- what ties them ------------------------------------------------------------------- */

/* A loop that only sleeps may well be a service's, which a signal ends. */
static bool may_be_told_to_end(struct slices_inquiry *inquiry, enum slice slice)
{
	return slice == SLICE_SLEEP &&
	       wakeup_find(inquiry->turn->model, &inquiry->arena, inquiry->ties.process,
			   inquiry->watched->pid, inquiry->watched->look);
}

/*
 * Evidence counts in code of a library whose threads were lost. What the program's own loop does
 * between two slices nobody knows.
 */
static void consider_slice(struct slices_inquiry *inquiry, const struct task_look *task,
			   enum slice slice, const struct wait_facts *facts)
{
	struct task_look asked = *task;
	struct tie tie;

	if (!procfs_is_futex_wait(task))
		asked.arguments[0] = 0;
	tie = ties_find(&inquiry->ties, &asked, facts);
	if (!tie.evidence || tie.wait || tie.held || tie.is_by_program ||
	    !ties_is_in_lost_code(&inquiry->ties, facts) || may_be_told_to_end(inquiry, slice))
		return;
	inquiry->task = task;
	inquiry->tie = tie;
	inquiry->is_tied = true;
	inquiry->library = ties_lost_library(&inquiry->ties, facts);
}

/* False when a task has moved. */
static bool ask_slices(struct slices_inquiry *inquiry)
{
	struct process_look *look = inquiry->watched->look;
	struct wait_facts facts;

	for (size_t i = 0; i < look->count && !inquiry->is_tied; i++) {
		struct task_look *task = &look->tasks[i];

		if (inquiry->slices[i] == SLICE_ALIVE || task->asks_again)
			continue;
		if (inquiry->asked++ == SLICES_ASKED)
			break;
		if (!waits_ask(inquiry->turn->model, &inquiry->arena, inquiry->watched->serial,
			       inquiry->watched->pid, look, task, &facts))
			return false;
		task->was_held = true;
		consider_slice(inquiry, task, inquiry->slices[i], &facts);
	}
	return true;
}

/* It is in no code of the library's that waits, begins nothing by itself, and no other task of the
 * process will. */
static bool slices_waits_for_others(const struct slices_inquiry *inquiry,
				    const struct task_look *task)
{
	const struct process_look *look = inquiry->watched->look;

	if (!inquiry->library || ties_may_be_in(&inquiry->ties, task, inquiry->library))
		return false;
	for (size_t i = 0; i < look->count; i++)
		if (&look->tasks[i] != task && inquiry->slices[i] == SLICE_ALIVE)
			return false;
	return other_ends_are_own(inquiry->turn->model, inquiry->ties.process,
				  inquiry->watched->pid, look, task);
}

/*
 * Another task of the child, which it made itself, may do what is waited for: of a library's work,
 * one with that library's code on its stack. One that sleeps in slices works, for all that is
 * known.
 */
static bool slices_are_served(const struct slices_inquiry *inquiry)
{
	const struct process_look *look = inquiry->watched->look;

	for (size_t i = 0; i < look->count; i++) {
		const struct task_look *task = &look->tasks[i];
		enum slice slice = inquiry->slices[i];

		if (task == inquiry->task || slice == SLICE_STILL || slice == SLICE_FUTEX)
			continue;
		if ((!inquiry->is_tied || ties_may_serve(&inquiry->ties, task, &inquiry->tie)) &&
		    !slices_waits_for_others(inquiry, task))
			return true;
	}
	return false;
}

static const struct task_look *first_in_slices(const struct slices_inquiry *inquiry)
{
	const struct process_look *look = inquiry->watched->look;

	for (size_t i = 0; i < look->count; i++)
		if (inquiry->slices[i] == SLICE_FUTEX)
			return &look->tasks[i];
	return NULL;
}

static bool slices_find(struct slices_inquiry *inquiry, struct sliced *sliced)
{
	if (!sort_slices(inquiry))
		return false;
	inquiry->has_moved = !ask_slices(inquiry);
	if (inquiry->has_moved)
		return false;
	/* Nothing ties it: only of a wait for somebody's notice is it strange that none comes. */
	if (!inquiry->is_tied && !inquiry->any_futex)
		return false;
	if (slices_are_served(inquiry))
		return false;
	if (!inquiry->is_tied)
		inquiry->task = first_in_slices(inquiry);
	*sliced = (struct sliced){.tid = inquiry->task->tid,
				  .is_in_slices = slice_of(inquiry, inquiry->task) != SLICE_STILL,
				  .evidence =
					  inquiry->is_tied ? inquiry->tie.evidence : EVIDENCE_NONE,
				  .since_ns = inquiry->watched->slices.since_ns};
	return true;
}

/* --- the judgement -------------------------------------------------------------------- */

static bool is_due(const struct turn *turn, const struct slices *slices)
{
	return slices->since_ns && turn->now >= slices->next_ns;
}

static void put_off(const struct turn *turn, struct slices *slices)
{
	slices->rounds += slices->rounds < WINDOWS_MAX;
	slices->next_ns = turn->now + slices->rounds * turn->moving_after_ns;
}

bool slices_judge(const struct turn *turn, struct watched *watched, struct sliced *sliced)
{
	static struct slices_inquiry inquiry;
	struct slices *slices = &watched->slices;
	const struct process_facts *process = model_facts(turn->model, watched->serial);
	struct progress now;
	bool is_found;

	if (!is_due(turn, slices) || !process)
		return false;
	if (!slices_read_progress(turn, watched, &now) ||
	    progress_is_made(&slices->before, &now, turn->now - slices->since_ns)) {
		begin_window(turn, watched);
		return false;
	}
	proof_name_modules(turn, watched);
	inquiry = (struct slices_inquiry){.turn = turn,
					  .watched = watched,
					  .parent = model_facts(turn->model, process->parent)};
	arena_init(&inquiry.arena);
	ties_open(&inquiry.ties, turn->model, process, watched->pid, watched->look);
	is_found = slices_find(&inquiry, sliced);
	ties_release(&inquiry.ties);
	arena_release(&inquiry.arena);
	if (!is_found && !inquiry.has_moved)
		put_off(turn, slices);
	return is_found;
}

bool slices_stand_still(const struct turn *turn, struct watched *watched)
{
	struct slices *slices = &watched->slices;
	struct progress now;
	bool is_there = true;

	for (size_t i = 0; i < watched->look->count; i++)
		if (watched->look->tasks[i].tid == watched->told.tid)
			is_there = slices_is_wait(&watched->look->tasks[i]) && slices->since_ns;
	slices->away = is_there ? 0 : slices->away + 1;
	return slices->away < AWAY_MAX && slices_read_progress(turn, watched, &now) &&
	       !progress_is_made(&slices->before, &now, turn->now - watched->told.since_ns);
}
