/*
 * All processes of the machine are asked for the other ends. The parent is looked at twice: what
 * has not run in between stood still at one moment, and if each of its tasks waits for this child
 * or on memory that nobody else has, nothing can set it going again.
 */
#include "other_ends.h"
#include "hangs/identify/wakeup_sources.h"
#include "process/holders.h"
#include "process/memory_map.h"
#include "waits.h"
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

struct end_owner {
	struct model *model;
	struct arena *arena;
	const struct descriptor_wait *wait;
	pid_t child;
	pid_t parent;
	const struct process_facts *parent_facts;
};

static const char on_way[] = "a descriptor is on its way to somebody in a message";

static void note_end(size_t index, int number, void *data)
{
	bool *has = data;

	(void)index;
	(void)number;
	*has = true;
}

struct other_children {
	pid_t child;
	bool any;
};

static void note_other_child(pid_t child, void *data)
{
	struct other_children *others = data;

	others->any |= child != others->child;
}

static bool has_other_children(const struct end_owner *owner, const struct process_look *look)
{
	struct other_children others = {.child = owner->child};

	return !holders_each_child(owner->parent, look, note_other_child, &others) || others.any;
}

static bool waits_for_child(const struct end_owner *owner, const struct process_look *look,
			    const struct task_look *task)
{
	struct process_wait wait = holders_classify(owner->parent, task);

	if (wait.kind != AWAITED_CHILD)
		return false;
	if (wait.child)
		return wait.child ==
		       procfs_number_at(owner->child, owner->child, procfs_depth(owner->parent));
	return !has_other_children(owner, look);
}

/* On memory of its own, and nobody has woken it. */
static bool waits_for_itself(const struct end_owner *owner, const struct task_look *task)
{
	return procfs_is_untimed_futex_wait(task) &&
	       maps_reach(owner->parent, task->arguments[0], procfs_is_private_wait(task)) ==
		       REACH_PRIVATE &&
	       waits_word_is_same(owner->parent, task);
}

static bool stands_still(const struct end_owner *owner, const struct process_look *look)
{
	bool any = false;

	if (!look->complete || look->held)
		return false;
	for (size_t i = 0; i < look->count; i++) {
		bool is_for_child = waits_for_child(owner, look, &look->tasks[i]);

		if (look->tasks[i].state != 'S' ||
		    (!is_for_child && !waits_for_itself(owner, &look->tasks[i])))
			return false;
		any |= is_for_child;
	}
	return any;
}

/* That it waits for its child, and could not be set going by anything else. */
static bool waits_for_good_twice(const struct end_owner *owner, struct process_look *looks)
{
	struct process_look *look = &looks[0], *again = &looks[1];
	uint64_t end_of_child;

	if (!owner->parent_facts || !procfs_look(owner->parent, look) || !stands_still(owner, look))
		return false;
	end_of_child = has_other_children(owner, look) ? 0 : UINT64_C(1) << (SIGCHLD - 1);
	return !wakeup_find_but(owner->model, owner->arena, owner->parent_facts, owner->parent,
				look, end_of_child) &&
	       procfs_look(owner->parent, again) && procfs_same(look, again);
}

static bool waits_for_good(const struct end_owner *owner)
{
	struct process_look *looks = malloc(2 * sizeof(*looks));
	bool is_so = looks && waits_for_good_twice(owner, looks);

	free(looks);
	return is_so;
}

/* Who may not be asked, and is none of ours, has no way to what has no name but by a message. */
static const char *ask_owner(const struct end_owner *owner, pid_t pid)
{
	bool has = false;

	if (!descriptor_wait_each_writer(pid, owner->wait, note_end, &has))
		return procfs_is_descendant(pid) && !maps_is_without_memory(pid)
			       ? arena_printf(owner->arena,
					      "whether process %d could write there is not known",
					      pid)
			       : NULL;
	if (procfs_is_descendant(pid) && descriptor_wait_any_on_way(pid))
		return on_way;
	if (!has || (pid == owner->parent && waits_for_good(owner)))
		return NULL;
	return arena_printf(owner->arena, "%s %d has the other end of it, too, and may write to it",
			    pid == owner->parent ? "the parent" : "process", pid);
}

static const char *ask_all(const struct end_owner *owner)
{
	size_t count = 0;
	struct procfs_entry *list = procfs_list(&count);
	const char *reason = list ? NULL : "who else could write to it is not known";

	for (size_t i = 0; i < count && !reason; i++)
		if (list[i].pid != owner->child && list[i].pid != owner->parent &&
		    list[i].pid != getpid() && !list[i].is_kernel_thread && !list[i].is_zombie)
			reason = ask_owner(owner, list[i].pid);
	free(list);
	return reason;
}

const char *other_ends_find(struct model *model, struct arena *arena,
			    const struct process_facts *process, pid_t pid,
			    const struct descriptor_wait *wait)
{
	const struct process_facts *parent = model_facts(model, process->parent);
	struct end_owner owner = {.model = model,
				  .arena = arena,
				  .wait = wait,
				  .child = pid,
				  .parent = parent ? parent->pid : 0,
				  .parent_facts = parent};
	const char *reason = NULL;

	/* Its number may be another's by now. */
	if (owner.parent != procfs_parent(pid))
		owner.parent = 0;
	if (owner.parent)
		reason = ask_owner(&owner, owner.parent);
	if (!reason && descriptor_wait_any_on_way(pid))
		reason = on_way;
	if (!reason && !descriptor_wait_knows_messages())
		reason = "whether a descriptor is on its way in a message is not known";
	return reason ? reason : ask_all(&owner);
}
