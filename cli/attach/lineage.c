/*
 * The records of processes that the shim was never in are written here, from /proc and from the
 * processes' own memory; nobody is stopped. Numbers of tasks are those of this PID namespace.
 */
#include "lineage.h"
#include "base/array.h"
#include "base/clock.h"
#include "process/fork_copy.h"
#include "shim/common/target.h"
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

static uint32_t append_process(struct lineage *lineage, const struct ancestor *ancestor,
			       const struct made_by *by)
{
	struct session_header *live = lineage->writer->live;
	struct record_process record = {.pid = ancestor->pid,
					.kind = by->parent ? BIRTH_CHILD : BIRTH_IMAGE};
	char path[TARGET_PATH_MAX];

	record.serial = atomic_fetch_add(&live->next_process, 1) + 1;
	record.parent = by->parent ? by->parent->serial : 0;
	record.image = by->parent ? by->parent->image : record.serial;
	record.parent_pid = by->parent ? by->parent->pid : 0;
	record.fork = by->fork;
	record.lost = by->lost;
	record.birth_ns = clock_awake_ns(ancestor->start_ns);
	record.path_length = (uint16_t)procfs_program(ancestor->pid, path, sizeof(path));
	writer_append(lineage->writer, RECORD_PROCESS, &record, sizeof(record), path,
		      record.path_length);
	atomic_fetch_add(&live->counters.processes, 1);
	model_update(lineage->model);
	return record.serial;
}

static session_reference append_thread(struct lineage *lineage, const struct process_facts *parent,
				       const struct procfs_task *task)
{
	struct record_thread record = {
		.born_in = parent->serial,
		.serial = (uint32_t)task->tid,
		.tid = task->tid,
		.flags = task->tid == parent->pid ? THREAD_MAIN : THREAD_UNSEEN,
		.start_ns = clock_awake_ns(task->start_ns),
	};

	memcpy(record.name, task->name, sizeof(record.name));
	return writer_append(lineage->writer, RECORD_THREAD, &record, sizeof(record), NULL, 0);
}

static struct made_by append_fork(struct lineage *lineage, const struct process_facts *parent,
				  pid_t child)
{
	struct procfs_task tasks[TASKS_MAX];
	session_reference threads[TASKS_MAX];
	struct record_lost lost = {0};
	struct record_fork fork = {
		.parent = parent->serial, .parent_pid = parent->pid, .function = FORK_OUTSIDE};
	size_t count = fork_copy_older_tasks(parent->pid, child, tasks, TASKS_MAX);
	size_t forker = fork_copy_forker(tasks, count, child);

	for (size_t i = 0; i < count; i++) {
		session_reference thread = append_thread(lineage, parent, &tasks[i]);

		if (i == forker)
			fork.thread = thread;
		else if (thread)
			threads[lost.count++] = thread;
	}
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

static const struct ancestor *lineage_record(struct lineage *lineage, struct ancestor ancestor)
{
	const struct ancestor *parent;
	struct made_by by = {.parent = NULL};

	if (!ARRAY_MAKE_ROOM(lineage->list, lineage->count, lineage->capacity))
		return NULL;
	parent = ancestor.is_copy ? lineage_find(lineage, ancestor.parent) : NULL;
	if (parent)
		by = append_fork(lineage, model_facts(lineage->model, parent->serial),
				 ancestor.pid);
	ancestor.serial = append_process(lineage, &ancestor, &by);
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
	if (!line[0].start_ns)
		return NULL;
	while (count-- > 0)
		known = lineage_record(lineage, line[count]);
	return known;
}
