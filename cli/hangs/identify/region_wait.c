/*
 * A task that waits inside of a region of libc is known by the word that it waits for. A
 * callback or a service module that waits inside of a region waits for memory of its own.
 */
#include "region_wait.h"
#include "base/library_names.h"
#include "unwind/unwind.h"

static bool is_word_of_libc(struct model *model, uint32_t process, uint64_t address)
{
	struct address_space *space = model_space(model, process);
	struct data_symbol symbol;
	struct arena arena;
	bool is_own;

	if (!space)
		return false;
	arena_init(&arena);
	symbol = symbolize_data(space, &arena, address);
	/* The loader has the lock of dl_iterate_phdr. */
	is_own = library_is_of_libc(symbol.module);
	arena_release(&arena);
	return is_own;
}

static const struct task_look *region_wait_find_task(const struct process_look *look, pid_t tid)
{
	for (size_t i = 0; i < look->count; i++)
		if (look->tasks[i].tid == tid)
			return &look->tasks[i];
	return NULL;
}

static bool is_open(const struct model *model, session_reference reference, uint32_t process)
{
	const struct record_wait *wait = model_wait(model, reference);

	return wait->record.process == process && wait->flags & WAIT_PERHAPS &&
	       !reader_wait_ended(model->reader, reference);
}

/* A task of the process' own that is in the region and waits for something else
 * may be the one that has the lock. */
static bool has_other_holder(const struct model *model, const struct record_wait *wait,
			     const struct process_look *look, uint64_t address)
{
	const struct model_list *waits = model_list(model, RECORD_WAIT);

	for (size_t i = 0; i < waits->count; i++) {
		const struct record_wait *other = model_wait(model, waits->references[i]);
		const struct task_look *task = region_wait_find_task(look, other->tid);

		if (is_open(model, waits->references[i], wait->record.process) &&
		    other->lock == wait->lock && task && task->arguments[0] != address)
			return true;
	}
	return false;
}

session_reference region_wait(struct model *model, uint32_t process,
			      const struct process_look *look, pid_t *tid)
{
	const struct model_list *waits = model_list(model, RECORD_WAIT);

	for (size_t i = 0; i < waits->count; i++) {
		const struct record_wait *wait = model_wait(model, waits->references[i]);
		const struct task_look *task = region_wait_find_task(look, wait->tid);

		if (!is_open(model, waits->references[i], process) || !task ||
		    !procfs_is_untimed_futex_wait(task) ||
		    !is_word_of_libc(model, process, task->arguments[0]) ||
		    has_other_holder(model, wait, look, task->arguments[0]))
			continue;
		*tid = wait->tid;
		return waits->references[i];
	}
	return 0;
}
