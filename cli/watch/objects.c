/* Reads a process from the outside (process_vm_readv); the copy is a stranger's. */
#include "objects.h"
#include "kept.h"
#include "wakers.h"
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/uio.h>

/* The words that libc waits on lie inside the object. */
static uint64_t size_of(uint64_t kind)
{
	switch (kind) {
	case LOCK_SEMAPHORE:
		return sizeof(sem_t);
	case LOCK_CONDITION:
		return sizeof(pthread_cond_t);
	case LOCK_BARRIER:
		return sizeof(pthread_barrier_t);
	case LOCK_FUTEX:
		return sizeof(uint32_t);
	default:
		return 0;
	}
}

static const struct session_object *find(const struct session_object *objects, uint64_t waited)
{
	for (size_t i = 0; i < OBJECTS; i++) {
		uint64_t address = objects[i].key & OBJECT_ADDRESS;

		if (waited - address < size_of(objects[i].key >> OBJECT_THREAD))
			return &objects[i];
	}
	return NULL;
}

static bool read_objects(const struct process_facts *process, pid_t pid,
			 struct session_object *objects)
{
	size_t size = OBJECTS * sizeof(*objects);
	struct private_facts facts;
	struct iovec local = {objects, size}, remote = {.iov_len = size};

	if (!wakers_read_facts(process, pid, &facts))
		return false;
	remote.iov_base = (void *)(uintptr_t)facts.objects;
	return process_vm_readv(pid, &local, 1, &remote, 1, 0) == (ssize_t)size;
}

/* The process `pid`, as the log knows it, and where to write what it keeps. */
struct source {
	const struct process_facts *process;
	pid_t pid;
	struct writer *writer;
};

static struct record_object describe(const struct source *source,
				     const struct session_object *found, uint64_t waited)
{
	struct record_object record = {.serial = source->process->serial, .waited = waited};

	if (found) {
		record.kind = (uint32_t)(found->key >> OBJECT_THREAD);
		record.address = found->key & OBJECT_ADDRESS;
		record.gave = found->gave;
		record.took = found->took;
		record.made = kept_stack(source->process, source->pid, source->writer, found->made);
	}
	return record;
}

void objects_record(const struct process_facts *process, pid_t pid, struct writer *writer,
		    uint64_t waited)
{
	struct session_object *objects = calloc(OBJECTS, sizeof(*objects));
	const struct session_object *found = NULL;
	struct source source = {process, pid, writer};
	struct record_object record;

	if (objects && process && read_objects(process, pid, objects))
		found = find(objects, waited);
	if (found) {
		record = describe(&source, found, waited);
		writer_append(writer, RECORD_OBJECT, &record, sizeof(record), NULL, 0);
	}
	free(objects);
}

void objects_record_all(const struct process_facts *process, pid_t pid, struct writer *writer,
			const struct process_look *look)
{
	struct session_object *objects = calloc(OBJECTS, sizeof(*objects));
	struct source source = {process, pid, writer};
	bool is_known = objects && process && read_objects(process, pid, objects);

	for (size_t i = 0; is_known && i < look->count; i++) {
		const struct task_look *task = &look->tasks[i];
		uint64_t waited = task->arguments[0];
		struct record_object record;

		if (!procfs_is_futex_wait(task))
			continue;
		record = describe(&source, find(objects, waited), waited);
		record.is_timed = !procfs_is_untimed_futex_wait(task);
		writer_append(writer, RECORD_OBJECT, &record, sizeof(record), NULL, 0);
	}
	free(objects);
}
