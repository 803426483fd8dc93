/*
 * A process is judged by one look when it comes into the set, and by a second one when the set is
 * complete: between the two all stood still at one moment, and what is closed then stays so.
 */
#include "still_set.h"
#include "hangs/identify/wakeup_sources.h"
#include "process/holders.h"
#include "process/memory_map.h"
#include "waits.h"
#include <signal.h>
#include <stdlib.h>

#define END_OF_CHILD (UINT64_C(1) << (SIGCHLD - 1))

/* --- what they wait for ------------------------------------------------------------- */

static bool add_awaited(struct still_set *set, const struct awaited_descriptor *awaited)
{
	for (size_t i = 0; i < set->awaited_count; i++)
		if (set->awaited[i].kind == awaited->kind &&
		    set->awaited[i].other == awaited->other)
			return true;
	if (set->awaited_count == STILL_DESCRIPTORS)
		return false;
	set->awaited[set->awaited_count++] = *awaited;
	return true;
}

static bool add_wait(struct still_set *set, const struct descriptor_wait *wait)
{
	for (size_t i = 0; i < wait->count; i++)
		if (!add_awaited(set, &wait->list[i]))
			return false;
	return true;
}

bool still_set_next(struct still_set *set, struct descriptor_wait *wait)
{
	*wait = (struct descriptor_wait){.epoll = -1};
	while (set->asked < set->awaited_count && wait->count < DESCRIPTORS_AWAITED)
		wait->list[wait->count++] = set->awaited[set->asked++];
	return wait->count > 0;
}

/* --- its members --------------------------------------------------------------------- */

bool still_set_open(struct still_set *set, struct model *model, struct arena *arena, pid_t child,
		    const struct process_look *look, const struct descriptor_wait *wait)
{
	struct descriptor_wait other;

	*set = (struct still_set){.model = model, .arena = arena, .count = 1, .judged = 1};
	set->members[0].pid = child;
	set->look = malloc(sizeof(*set->look));
	if (!set->look || !add_wait(set, wait))
		return false;
	/* Another of its tasks that went on might go to write, too. */
	for (size_t i = 0; i < look->count; i++)
		if (descriptor_wait_find(child, &look->tasks[i], &other) && !add_wait(set, &other))
			return false;
	return true;
}

void still_set_release(struct still_set *set)
{
	free(set->look);
}

bool still_set_has(const struct still_set *set, pid_t pid)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->members[i].pid == pid)
			return true;
	return false;
}

static bool still_set_add(struct still_set *set, pid_t pid)
{
	if (still_set_has(set, pid))
		return true;
	if (set->count == STILL_MEMBERS)
		return false;
	set->members[set->count++].pid = pid;
	return true;
}

/* The youngest one of that number. One that the shim is in says that it is. */
static const struct process_facts *facts_of(const struct still_set *set, pid_t pid)
{
	for (size_t i = set->model->process_capacity; i-- > 0;) {
		const struct process_facts *facts = set->model->processes[i];

		if (facts && facts->serial && facts->pid == pid)
			return facts->is_outside || wakeup_are_of(facts, pid) ? facts : NULL;
	}
	return NULL;
}

struct child_search {
	struct still_set *set;
	pid_t parent;
	pid_t number; /* that it has for its parent; 0: each */
	bool any, all;
};

static void note_child(pid_t child, void *data)
{
	struct child_search *search = data;

	if (search->number &&
	    search->number != procfs_number_at(child, child, procfs_depth(search->parent)))
		return;
	search->any = true;
	search->all &= still_set_add(search->set, child);
}

/* False where there is none such. */
static bool add_children(struct still_set *set, pid_t parent, pid_t number)
{
	struct child_search search = {.set = set, .parent = parent, .number = number, .all = true};

	return holders_each_child(parent, set->look, note_child, &search) && search.any &&
	       search.all;
}

/* --- one process ---------------------------------------------------------------------- */

/* On memory of its own, and nobody has woken it. */
static bool waits_for_itself(pid_t pid, const struct task_look *task)
{
	return procfs_is_untimed_futex_wait(task) &&
	       maps_reach(pid, task->arguments[0], procfs_is_private_wait(task)) == REACH_PRIVATE &&
	       waits_word_is_same(pid, task);
}

static bool waits_for_child(struct still_set *set, pid_t pid, const struct task_look *task)
{
	struct process_wait wait = holders_classify(pid, task);

	return wait.kind == AWAITED_CHILD && add_children(set, pid, wait.child);
}

/* A signal that a runtime catches for itself ends the wait of one that has all its threads: it may
 * be what its loop, which is told by a descriptor, is to end by. */
static bool waits_for_descriptor(struct still_set *set, const struct process_facts *facts,
				 pid_t pid, const struct task_look *task)
{
	struct descriptor_wait wait;

	if (!facts->lost &&
	    wakeup_open_signals(set->look, task) & ~wakeup_shims_own(facts, pid) & ~END_OF_CHILD)
		return false;
	return descriptor_wait_find(pid, task, &wait) && add_wait(set, &wait);
}

static bool tasks_wait(struct still_set *set, const struct process_facts *facts, pid_t pid)
{
	bool any = false;

	for (size_t i = 0; i < set->look->count; i++) {
		const struct task_look *task = &set->look->tasks[i];
		bool is_for_others;

		if (task->state != 'S')
			return false;
		is_for_others = waits_for_child(set, pid, task) ||
				waits_for_descriptor(set, facts, pid, task);
		if (!is_for_others && !waits_for_itself(pid, task))
			return false;
		any |= is_for_others;
	}
	return any;
}

/* The end of a child is no signal that comes where all of them are in the set. */
static bool has_no_other_source(struct still_set *set, const struct process_facts *facts, pid_t pid)
{
	if (!wakeup_find_but(set->model, set->arena, facts, pid, set->look, 0))
		return true;
	return !wakeup_find_but(set->model, set->arena, facts, pid, set->look, END_OF_CHILD) &&
	       add_children(set, pid, 0);
}

static bool stands_still(struct still_set *set, struct still_member *member)
{
	const struct process_facts *facts = facts_of(set, member->pid);

	if (!facts || !procfs_look(member->pid, set->look) || !set->look->complete ||
	    set->look->held)
		return false;
	member->fingerprint = procfs_fingerprint(set->look);
	return tasks_wait(set, facts, member->pid) && has_no_other_source(set, facts, member->pid);
}

bool still_set_admit(struct still_set *set, pid_t pid)
{
	if (!still_set_add(set, pid))
		return false;
	while (set->judged < set->count)
		if (!stands_still(set, &set->members[set->judged++]))
			return false;
	return true;
}

bool still_set_rests(struct still_set *set)
{
	for (size_t i = 1; i < set->count; i++)
		if (!procfs_look(set->members[i].pid, set->look) ||
		    procfs_fingerprint(set->look) != set->members[i].fingerprint)
			return false;
	return true;
}
