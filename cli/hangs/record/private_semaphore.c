/*
 * The shim's tables of the processes that share a semaphore are compared, by process_vm_readv:
 * each process notes who posted and who took there last, and a child begins with its parent's
 * notes. Nobody is held.
 */
#include "private_semaphore.h"
#include "awaited_objects.h"
#include "process/memory_map.h"
#include <stdlib.h>

/* A table is 64 KB, and of a line of workers the first ones tell. */
#define ASKED_PROCESSES 16

/* An old entry gives way to another's: who has none may have had one. */
struct semaphore_use {
	bool is_known;
	uint64_t gave, took;
};

static struct semaphore_use read_use(const struct process_facts *process, pid_t pid,
				     uint64_t address)
{
	struct session_object *objects = objects_read(process, pid);
	const struct session_object *object = objects_find(objects, address);
	struct semaphore_use use = {0};

	if (object && object->key >> OBJECT_THREAD == LOCK_SEMAPHORE)
		use = (struct semaphore_use){true, object->gave, object->took};
	free(objects);
	return use;
}

/* What both have mapped at the place since before the fork. */
static bool shares_at(pid_t pid, uint64_t address, const struct mapping *mapping)
{
	struct mapping other;

	return maps_find(pid, address, &other) && other.shared && other.inode == mapping->inode &&
	       other.major == mapping->major && other.minor == mapping->minor &&
	       other.offset - other.start == mapping->offset - mapping->start;
}

/* Who took what others post may have got all that there was, and waits for more. Who has given back
 * what it took uses it as a lock, which another one has now. */
static bool is_of_other(const struct semaphore_use *own, const struct semaphore_use *other)
{
	if (own->gave & OBJECT_GIVEN_BACK)
		return other->took != 0;
	return !own->took && other->gave && other->gave != own->gave;
}

static bool is_related(const struct process_facts *one, const struct process_facts *other)
{
	if (other->serial == one->serial)
		return false;
	if (one->kind == BIRTH_CHILD && other->serial == one->parent)
		return true;
	return other->kind == BIRTH_CHILD &&
	       (other->parent == one->serial ||
		(one->kind == BIRTH_CHILD && other->parent == one->parent));
}

pid_t private_semaphore_user(const struct unseen_question *question)
{
	const struct process_facts *process = question->process;
	uint64_t address = question->task->arguments[0];
	struct semaphore_use own = read_use(process, question->pid, address);
	struct mapping mapping;
	unsigned asked = 0;

	if (!own.is_known || !maps_find(question->pid, address, &mapping))
		return 0;
	for (uint32_t serial = 1;
	     serial < question->model->process_capacity && asked < ASKED_PROCESSES; serial++) {
		const struct process_facts *facts = model_facts(question->model, serial);
		struct semaphore_use other;

		if (!facts || facts->number <= 0 || !is_related(process, facts))
			continue;
		asked++;
		if (!shares_at(facts->number, address, &mapping))
			continue;
		other = read_use(facts, facts->number, address);
		if (is_of_other(&own, &other))
			return facts->number;
	}
	return 0;
}
