/*
 * The records of processes that the shim was never in are written here, from /proc and from the
 * processes' own memory; nobody is stopped. Numbers of tasks are those of this PID namespace.
 */
#include "lineage.h"
#include "base/array.h"
#include "base/clock.h"
#include "findings/evidence/attribution.h"
#include "hangs/identify/left_threads.h"
#include "hangs/identify/python_state.h"
#include "process/core_file.h"
#include "process/fork_copy.h"
#include "process/memory_map.h"
#include "process/stop.h"
#include "shim/common/target.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More generations of forks without an exec than any program has. */
#define GENERATIONS_MAX 64

struct made_by {
	const struct process_facts *parent; /* NULL: by an exec, as far as anybody knows */
	session_reference fork;
	uint32_t lost;
};

const struct ancestor *lineage_find(const struct lineage *lineage, pid_t pid)
{
	for (size_t i = 0; i < lineage->count; i++)
		if (lineage->list[i].pid == pid)
			return &lineage->list[i];
	return NULL;
}

void lineage_release(struct lineage *lineage)
{
	free(lineage->list);
	*lineage = (struct lineage){0};
}

/* In a container there may be other files under the same names. */
static void set_root(struct lineage *lineage, uint32_t serial, pid_t image)
{
	char path[64], name[TARGET_PATH_MAX];

	snprintf(path, sizeof(path), "/proc/%d/root", image);
	name[procfs_root_name(image, name, sizeof(name) - 1)] = '\0';
	model_set_root(lineage->model, serial, &(struct file_root){path, name});
}

/* `image`: a living process with the same program. */
static uint32_t append_process(struct lineage *lineage, const struct ancestor *ancestor,
			       pid_t image, const struct made_by *by)
{
	struct session_header *live = lineage->writer->live;
	struct record_process record = {.pid = procfs_shown_tid(ancestor->pid, ancestor->pid),
					.number = ancestor->pid,
					.kind = by->parent ? BIRTH_CHILD : BIRTH_IMAGE};
	char path[TARGET_PATH_MAX];

	record.serial = atomic_fetch_add(&live->next_process, 1) + 1;
	record.parent = by->parent ? by->parent->serial : 0;
	record.image = by->parent ? by->parent->image : record.serial;
	record.parent_pid = by->parent ? by->parent->pid : 0;
	record.fork = by->fork;
	record.lost = by->lost;
	record.birth_ns = clock_awake_ns(ancestor->start_ns);
	/* The kernel tells it in steps of 10 ms; a child is younger all the same. */
	if (by->parent && record.birth_ns <= by->parent->birth_ns)
		record.birth_ns = by->parent->birth_ns + 1;
	record.path_length = (uint16_t)procfs_program(image, path, sizeof(path));
	writer_append(lineage->writer, RECORD_PROCESS, &record, sizeof(record), path,
		      record.path_length);
	atomic_fetch_add(&live->counters.processes, 1);
	model_update(lineage->model);
	if (!by->parent && procfs_has_other_mounts(image))
		set_root(lineage, record.serial, image);
	return record.serial;
}

/* --- who is missing ---------------------------------------------------------------------- */

/* What is known of the threads around one fork, from the parent and from the child. */
struct around_fork {
	pid_t parent, child;
	struct procfs_task tasks[TASKS_MAX]; /* of the living parent, older than the child */
	size_t task_count;
	struct left_thread left[TASKS_MAX]; /* what the child's memory has of lost ones */
	pid_t left_tids[TASKS_MAX];         /* here; 0: the parent does not have it any more */
	size_t left_count;
};

/* By the number that the thread itself knows, which is another one in a PID namespace. */
static pid_t task_of_inner(const struct around_fork *around, pid_t inner)
{
	for (size_t i = 0; inner && i < around->task_count; i++)
		if (procfs_inner_tid(around->parent, around->tasks[i].tid) == inner)
			return around->tasks[i].tid;
	return 0;
}

static struct around_fork *look_around(pid_t parent, pid_t child)
{
	struct around_fork *around = calloc(1, sizeof(*around));

	if (!around)
		return NULL;
	around->parent = parent;
	around->child = child;
	if (parent)
		around->task_count = fork_copy_older_tasks(parent, child, around->tasks, TASKS_MAX);
	around->left_count = left_threads_find(child, NULL, 0, around->left, TASKS_MAX);
	for (size_t i = 0; parent && i < around->left_count; i++)
		around->left_tids[i] =
			task_of_inner(around, left_threads_tid_in(parent, around->left[i].self));
	return around;
}

static const struct left_thread *left_of(const struct around_fork *around, pid_t tid)
{
	for (size_t i = 0; i < around->left_count; i++)
		if (around->left_tids[i] == tid)
			return &around->left[i];
	return NULL;
}

/* Whoever is not among those that were left behind; where more are none of them, by its name. */
static size_t find_forker(const struct around_fork *around)
{
	size_t found = SIZE_MAX, count = 0;

	for (size_t i = 0; around->left_count && i < around->task_count; i++)
		if (!left_of(around, around->tasks[i].tid)) {
			found = i;
			count++;
		}
	return count == 1 ? found
			  : fork_copy_forker(around->tasks, around->task_count, around->child);
}

/* --- whose they are ------------------------------------------------------------------------ */

/* Where the code of a thread begins lies at the upper end of its stack, below what libc keeps. */
#define OUTERMOST_WORDS 2048

struct code_search {
	uint64_t words[OUTERMOST_WORDS];
	size_t count;
	size_t best; /* index of the outermost word that is code of nobody who starts for others */
	uint64_t code;
};

static bool search_code(const struct mapping *mapping, void *data)
{
	struct code_search *search = data;

	if (!mapping->executable || mapping->path[0] != '/' || is_thread_starter(mapping->path))
		return true;
	for (size_t i = search->count; i-- > search->best;)
		if (search->words[i] >= mapping->start && search->words[i] < mapping->end) {
			search->best = i + 1;
			search->code = search->words[i];
			break;
		}
	return true;
}

static uint64_t find_code(pid_t child, const struct left_thread *left)
{
	struct code_search *search = calloc(1, sizeof(*search));
	uint64_t from = left->self - sizeof(search->words), code;

	if (!search)
		return 0;
	if (left->stack_start && from < left->stack_start)
		from = left->stack_start;
	search->count =
		stop_read(child, from, search->words, left->self - from) / sizeof(*search->words);
	maps_each(child, search_code, search);
	code = search->code;
	free(search);
	return code;
}

/* --- their records ------------------------------------------------------------------------- */

static session_reference append_thread(struct lineage *lineage, const struct process_facts *parent,
				       const struct around_fork *around,
				       const struct procfs_task *task,
				       const struct left_thread *left)
{
	bool is_main = task ? task->tid == parent->number : left && !left->start_routine;
	struct record_thread record = {
		.born_in = parent->serial,
		.tid = task   ? procfs_shown_tid(parent->number, task->tid)
		       : left ? left->tid
			      : 0,
		.flags = is_main ? THREAD_MAIN : THREAD_UNSEEN,
	};

	record.serial = (uint32_t)record.tid;
	if (task) {
		record.start_ns = clock_awake_ns(task->start_ns);
		memcpy(record.name, task->name, sizeof(record.name));
	}
	if (left) {
		record.self = left->self;
		record.start_routine = left->start_routine;
		record.code = is_main ? 0 : find_code(around->child, left);
	}
	if (task && left)
		record.runs_python =
			python_record(lineage->writer, parent, parent->number, left->self, 0);
	return writer_append(lineage->writer, RECORD_THREAD, &record, sizeof(record), NULL, 0);
}

static struct made_by append_fork(struct lineage *lineage, const struct process_facts *parent,
				  const struct around_fork *around)
{
	session_reference threads[2 * TASKS_MAX];
	struct record_lost lost = {0};
	struct record_fork fork = {
		.parent = parent->serial, .parent_pid = parent->pid, .function = FORK_OUTSIDE};
	size_t forker = around->task_count ? find_forker(around) : SIZE_MAX;

	for (size_t i = 0; i < around->task_count; i++) {
		const struct procfs_task *task = &around->tasks[i];
		session_reference thread =
			append_thread(lineage, parent, around, task,
				      i == forker ? NULL : left_of(around, task->tid));

		if (i == forker)
			fork.thread = thread;
		else if (thread)
			threads[lost.count++] = thread;
	}
	for (size_t i = 0; i < around->left_count; i++)
		if (!around->left_tids[i])
			threads[lost.count++] =
				append_thread(lineage, parent, around, NULL, &around->left[i]);
	atomic_store(&fork.lost, writer_append(lineage->writer, RECORD_LOST, &lost, sizeof(lost),
					       threads, lost.count * sizeof(*threads)));
	atomic_fetch_add(&lineage->writer->live->counters.forks, 1);
	atomic_fetch_add(&lineage->writer->live->counters.threads, lost.count);
	return (struct made_by){
		.parent = parent,
		.fork = writer_append(lineage->writer, RECORD_FORK, &fork, sizeof(fork), NULL, 0),
		.lost = lost.count,
	};
}

/* The process that forked has ended: what its child has of it is all that there is. */
static const struct process_facts *append_ended_parent(struct lineage *lineage,
						       const struct ancestor *child)
{
	const struct ancestor ended = {.pid = -1, .start_ns = child->start_ns};
	const struct made_by unknown = {.parent = NULL};
	return model_facts(lineage->model, append_process(lineage, &ended, child->pid, &unknown));
}

static struct made_by find_maker(struct lineage *lineage, struct ancestor *ancestor)
{
	const struct ancestor *parent =
		ancestor->is_copy ? lineage_find(lineage, ancestor->parent) : NULL;
	struct around_fork *around = look_around(parent ? parent->pid : 0, ancestor->pid);
	struct made_by by = {.parent = NULL};

	if (around && parent)
		by = append_fork(lineage, model_facts(lineage->model, parent->serial), around);
	else if (around && around->left_count) {
		ancestor->has_lost_parent = true;
		by = append_fork(lineage, append_ended_parent(lineage, ancestor), around);
	}
	free(around);
	return by;
}

static const struct ancestor *lineage_record(struct lineage *lineage, struct ancestor ancestor)
{
	struct made_by by;

	if (!ARRAY_MAKE_ROOM(lineage->list, lineage->count, lineage->capacity))
		return NULL;
	by = find_maker(lineage, &ancestor);
	ancestor.serial = append_process(lineage, &ancestor, ancestor.pid, &by);
	lineage->list[lineage->count] = ancestor;
	return &lineage->list[lineage->count++];
}

static struct ancestor look_up(pid_t pid)
{
	struct ancestor ancestor = {
		.pid = pid, .parent = procfs_parent(pid), .start_ns = procfs_start_time(pid)};

	ancestor.is_copy = ancestor.parent > 0 && fork_copy_is(pid, ancestor.parent);
	return ancestor;
}

const struct ancestor *lineage_add(struct lineage *lineage, pid_t pid)
{
	struct ancestor line[GENERATIONS_MAX];
	const struct ancestor *known = lineage_find(lineage, pid);
	size_t count = 0;

	if (known)
		return known;
	line[count++] = look_up(pid);
	while (count < GENERATIONS_MAX && line[count - 1].is_copy &&
	       !lineage_find(lineage, line[count - 1].parent)) {
		line[count] = look_up(line[count - 1].parent);
		count++;
	}
	if (!line[0].start_ns && !core_is(pid))
		return NULL;
	while (count-- > 0)
		known = lineage_record(lineage, line[count]);
	return known;
}
