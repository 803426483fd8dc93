/*
 * The objects that a process waits on are read from its table of ownerless things, from the
 * outside (process_vm_readv); the copy is a stranger's.
 */
#include "awaited_objects.h"
#include "findings/evidence/lock_kinds.h"
#include "hangs/identify/wakeup_sources.h"
#include "kept_reader.h"
#include <stdlib.h>
#include <sys/uio.h>

const struct session_object *objects_find(const struct session_object *objects, uint64_t waited)
{
	for (size_t i = 0; objects && i < OBJECTS; i++) {
		uint64_t address = objects[i].key & OBJECT_ADDRESS;

		/* The words that libc waits on lie inside the object. */
		if (waited - address <
		    lock_kind_facts((uint32_t)(objects[i].key >> OBJECT_THREAD))->size)
			return &objects[i];
	}
	return NULL;
}

struct session_object *objects_read(const struct process_facts *process, pid_t pid)
{
	size_t size = OBJECTS * sizeof(struct session_object);
	struct session_object *objects = malloc(size);
	struct iovec local = {objects, size}, remote = {.iov_len = size};
	struct private_facts facts;

	if (objects && process && wakeup_read_facts(process, pid, &facts)) {
		remote.iov_base = (void *)(uintptr_t)facts.objects;
		if (process_vm_readv(pid, &local, 1, &remote, 1, 0) == (ssize_t)size)
			return objects;
	}
	free(objects);
	return NULL;
}

/* The process `pid`, as the log knows it, and where to write what it keeps. */
struct source {
	const struct process_facts *process;
	pid_t pid;
	struct writer *writer;
};

static struct record_object awaited_objects_describe(const struct source *source,
						     const struct session_object *found,
						     uint64_t waited)
{
	struct record_object record = {.serial = source->process->serial, .waited = waited};

	if (found) {
		record.kind = (uint32_t)(found->key >> OBJECT_THREAD);
		record.address = found->key & OBJECT_ADDRESS;
		record.gave = found->gave;
		record.took = found->took;
		record.made = kept_stack(source->process, source->pid, source->writer,
					 (kept_fact)found->made);
	}
	return record;
}

void objects_record(const struct process_facts *process, pid_t pid, struct writer *writer,
		    uint64_t waited)
{
	struct session_object *objects = objects_read(process, pid);
	const struct session_object *found = objects_find(objects, waited);
	struct source source = {process, pid, writer};
	struct record_object record;

	if (found) {
		record = awaited_objects_describe(&source, found, waited);
		writer_append(writer, RECORD_OBJECT, &record, sizeof(record), NULL, 0);
	}
	free(objects);
}

void objects_record_all(const struct process_facts *process, pid_t pid, struct writer *writer,
			const struct process_look *look)
{
	struct session_object *objects = objects_read(process, pid);
	struct source source = {process, pid, writer};

	for (size_t i = 0; objects && i < look->count; i++) {
		const struct task_look *task = &look->tasks[i];
		uint64_t waited = task->arguments[0];
		struct record_object record;

		if (!procfs_is_futex_wait(task))
			continue;
		record = awaited_objects_describe(&source, objects_find(objects, waited), waited);
		record.is_timed = !procfs_is_untimed_futex_wait(task);
		writer_append(writer, RECORD_OBJECT, &record, sizeof(record), NULL, 0);
	}
	free(objects);
}

void objects_record_handed(const struct process_facts *process, pid_t pid, struct writer *writer)
{
	struct private_facts facts;
	uint32_t count;

	if (!process || !wakeup_read_facts(process, pid, &facts))
		return;
	count = facts.handed_count < HANDED ? facts.handed_count : HANDED;
	for (uint32_t i = 1; i <= count; i++) {
		const struct session_handed *handed =
			&facts.handed[(facts.handed_count - i) % HANDED];
		struct record_handed record = {.serial = process->serial,
					       .key = handed->key,
					       .gave = handed->gave,
					       .took = handed->took};

		if (record.key)
			writer_append(writer, RECORD_HANDED, &record, sizeof(record), NULL, 0);
	}
}
