/*
 * A process is proven to be the copy of its living parent by what exec draws anew: the same
 * executable has its stack and its vDSO at the parent's addresses.
 */
#include "fork_copy.h"
#include "process/core_file.h"
#include "process/memory_map.h"
#include "process/stop.h"
#include "shim/common/target.h"
#include <linux/kcmp.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of two numbers given out within a clock tick; further apart, they may have wrapped. */
#define PIDS_PER_TICK 1000
/* Of a stack, from its inner end. */
#define COMPARED_BYTES 4096

static bool take_place(const struct mapping *mapping, void *data)
{
	struct fork_layout *layout = data;

	if (strcmp(mapping->path, "[stack]") == 0)
		layout->stack_end = mapping->end;
	else if (strcmp(mapping->path, "[vdso]") == 0)
		layout->vdso = mapping->start;
	return true;
}

bool fork_layout_read(pid_t pid, struct fork_layout *layout)
{
	*layout = (struct fork_layout){0};
	maps_each(pid, take_place, layout);
	return layout->stack_end && layout->vdso;
}

bool fork_layout_same(const struct fork_layout *one, const struct fork_layout *other)
{
	return one->stack_end && one->vdso && one->stack_end == other->stack_end &&
	       one->vdso == other->vdso;
}

static bool has_layout_of(pid_t child, pid_t parent)
{
	struct fork_layout one, other;

	return fork_layout_read(child, &one) && fork_layout_read(parent, &other) &&
	       fork_layout_same(&one, &other) && procfs_has_random_layout(child);
}

static bool has_program_of(pid_t child, pid_t parent)
{
	char path[TARGET_PATH_MAX], parent_path[TARGET_PATH_MAX];
	size_t length = procfs_program(child, path, sizeof(path));

	return length && length == procfs_program(parent, parent_path, sizeof(parent_path)) &&
	       memcmp(path, parent_path, length) == 0;
}

/*
 * Where the kernel does not say (a filter of system calls): what a child at rest has on its stack
 * is the same before and after its parent is asked, and the parent has something else there. In
 * memory that they share nothing can differ and stay as it is.
 */
static bool has_other_bytes(pid_t child, pid_t parent)
{
	uint8_t before[COMPARED_BYTES], others[COMPARED_BYTES], after[COMPARED_BYTES];
	struct task_look task;
	size_t size;

	if (!procfs_quick_check(child, &task) || !task.in_call)
		return false;
	size = stop_read(child, task.sp, before, sizeof(before));
	return size && stop_read(parent, task.sp, others, size) == size &&
	       stop_read(child, task.sp, after, size) == size && memcmp(before, after, size) == 0 &&
	       memcmp(before, others, size) != 0;
}

/* 1 and 2: they differ. 0 is the same memory. */
static bool has_other_memory(pid_t child, pid_t parent)
{
	long result = syscall(SYS_kcmp, child, parent, KCMP_VM, 0, 0);

	return result > 0 ||
	       (result < 0 && !procfs_tells_sharers() && has_other_bytes(child, parent));
}

bool fork_copy_is(pid_t child, pid_t parent)
{
	if (core_is(child) || core_is(parent))
		return core_is(child) && core_is(parent) && core_is_copy(child, parent);
	return has_program_of(child, parent) && has_other_memory(child, parent) &&
	       has_layout_of(child, parent);
}

static bool is_older(const struct procfs_task *task, pid_t child, uint64_t start_ns)
{
	if (task->start_ns != start_ns)
		return task->start_ns < start_ns;
	return task->tid < child && child - task->tid < PIDS_PER_TICK;
}

size_t fork_copy_keep_older(struct procfs_task *tasks, size_t count, pid_t child, uint64_t start_ns)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (is_older(&tasks[i], child, start_ns))
			tasks[kept++] = tasks[i];
	return kept;
}

/* A core does not say when its threads were made; ids are given out in order. */
static size_t keep_lower(pid_t parent, pid_t child, struct procfs_task *tasks, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (procfs_shown_tid(parent, tasks[i].tid) < core_pid(child))
			tasks[kept++] = tasks[i];
	return kept;
}

size_t fork_copy_older_tasks(pid_t parent, pid_t child, struct procfs_task *tasks, size_t capacity)
{
	uint64_t start_ns = procfs_start_time(child);
	size_t count = start_ns || core_is(child) ? procfs_tasks(parent, tasks, capacity) : 0;

	if (core_is(child))
		return keep_lower(parent, child, tasks, count);
	return fork_copy_keep_older(tasks, count, child, start_ns);
}

size_t fork_copy_forker(const struct procfs_task *tasks, size_t count, pid_t child)
{
	char name[sizeof(tasks->name)];

	procfs_name(child, child, name, sizeof(name));
	for (size_t i = 0; i < count; i++)
		if (strcmp(tasks[i].name, name) == 0)
			return i;
	return 0;
}
