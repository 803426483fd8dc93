/*
 * All processes of the machine are asked for the other ends. Who has one must stand still for good
 * itself, and be looked at twice: what has not run in between stood still at one moment, and if
 * each of its tasks waits for this child, for others that stand still so, or on memory that nobody
 * else has, nothing can set it going again.
 */
#include "other_ends.h"
#include "process/io_rings.h"
#include "process/memory_map.h"
#include "still_set.h"
#include <stdlib.h>
#include <unistd.h>

struct end_owner {
	struct still_set set;
	struct arena *arena;
	struct descriptor_wait wait;
	pid_t parent;
	bool has_ring;   /* the child has one */
	bool is_outside; /* nobody of them is a descendant of ours */
	bool is_childs;  /* the child itself waits for these, not who has an end of them */
};

static const char on_way[] = "a descriptor is on its way to somebody in a message";

static void note_end(size_t index, int number, void *data)
{
	bool *has = data;

	(void)index;
	(void)number;
	*has = true;
}

static const char *say_owner(const struct end_owner *owner, pid_t pid)
{
	if (!owner->is_childs)
		return arena_printf(owner->arena,
				    "process %d could set going who has the other end of it", pid);
	return arena_printf(owner->arena, "%s %d has the other end of it, too, and may write to it",
			    pid == owner->parent ? "the parent" : "process", pid);
}

/* It may have got an end by a fork, or by a message from one who did. */
static bool other_ends_is_ours(const struct end_owner *owner, pid_t pid)
{
	return owner->is_outside || procfs_is_descendant(pid);
}

/* Who may not be asked, and is none of ours, has no way to what has no name but by a message. */
static const char *ask_owner(struct end_owner *owner, pid_t pid)
{
	bool has = false;

	if (!descriptor_wait_each_writer(pid, &owner->wait, note_end, &has))
		return other_ends_is_ours(owner, pid) && !maps_is_without_memory(pid)
			       ? arena_printf(owner->arena,
					      "whether process %d could write there is not known",
					      pid)
			       : NULL;
	if (owner->is_childs && other_ends_is_ours(owner, pid) && descriptor_wait_any_on_way(pid))
		return on_way;
	/* An eventfd may have been given to a ring, which those who made it have in common. */
	has |= owner->has_ring && other_ends_is_ours(owner, pid) && io_rings_any(pid);
	return has && !still_set_admit(&owner->set, pid) ? say_owner(owner, pid) : NULL;
}

static bool may_be_owner(const struct end_owner *owner, const struct procfs_entry *entry)
{
	return entry->pid != getpid() && !entry->is_kernel_thread && !entry->is_zombie &&
	       !still_set_has(&owner->set, entry->pid);
}

static const char *ask_all(struct end_owner *owner)
{
	size_t count = 0;
	struct procfs_entry *list = procfs_list(&count);
	const char *reason = list ? NULL : "who else could write to it is not known";

	for (size_t i = 0; i < count && !reason; i++)
		if (may_be_owner(owner, &list[i]))
			reason = ask_owner(owner, list[i].pid);
	free(list);
	return reason;
}

/* The parent is the likeliest one, and asked first. */
static const char *ask_first(struct end_owner *owner, pid_t child)
{
	const char *reason = owner->parent ? ask_owner(owner, owner->parent) : NULL;

	if (!reason && descriptor_wait_any_on_way(child))
		reason = on_way;
	if (!reason && !descriptor_wait_knows_messages())
		reason = "whether a descriptor is on its way in a message is not known";
	return reason;
}

static const char *find_owner(struct end_owner *owner, pid_t child)
{
	const char *reason = NULL;

	owner->is_childs = true;
	owner->has_ring = io_rings_any(child);
	while (!reason && still_set_next(&owner->set, &owner->wait)) {
		reason = owner->is_childs ? ask_first(owner, child) : NULL;
		if (!reason)
			reason = ask_all(owner);
		owner->is_childs = false;
	}
	if (!reason && !still_set_rests(&owner->set))
		reason = "one who has the other end of it has just moved";
	return reason;
}

const char *other_ends_find(struct model *model, struct arena *arena,
			    const struct process_facts *process, pid_t pid,
			    const struct process_look *look, const struct descriptor_wait *wait)
{
	const struct process_facts *parent = model_facts(model, process->parent);
	struct end_owner *owner = calloc(1, sizeof(*owner));
	const char *reason = "who else could write to it is not known";

	if (!owner)
		return reason;
	/* Its number may be another's by now. */
	if (parent && parent->pid == procfs_parent(pid))
		owner->parent = parent->pid;
	owner->arena = arena;
	owner->is_outside = process->is_outside;
	if (still_set_open(&owner->set, model, arena, pid, look, wait))
		reason = find_owner(owner, pid);
	still_set_release(&owner->set);
	free(owner);
	return reason;
}

bool other_ends_are_own(struct model *model, const struct process_facts *process, pid_t pid,
			const struct process_look *look, const struct task_look *task)
{
	struct descriptor_wait wait;
	struct arena arena;
	bool are_so;

	if (!descriptor_wait_find(pid, task, &wait) || io_rings_any(pid))
		return false;
	arena_init(&arena);
	are_so = !other_ends_find(model, &arena, process, pid, look, &wait);
	arena_release(&arena);
	return are_so;
}
