/*
 * A task of a fork child that the shim is not in waits for a lock: that a thread which the child
 * does not have holds it is read here from the lock, from the parent's copy of it, and from who
 * else is there. The task is held for a millisecond for its stack.
 *
 * A mutex and the writer of an rwlock are named by their id. An id that no task of the process has
 * is that of a thread which a fork left behind: numbers are given anew, but to nobody who could
 * unlock it. A guard of C++ and libc's own locks name nobody: only a thread in the midst of them
 * has them, and where every task waits for this one word, none of them is.
 */
#include "unseen_wait.h"
#include "base/library_names.h"
#include "findings/evidence/lock_kinds.h"
#include "hang_record.h"
#include "hangs/identify/frame_base.h"
#include "hangs/identify/libc_internal_locks.h"
#include "hangs/identify/lost_threads.h"
#include "hangs/identify/python_state.h"
#include "hangs/identify/unseen_lock.h"
#include "process/core_file.h"
#include "process/stop.h"
#include "task_record.h"
#include <stdlib.h>
#include <string.h>

#define GENERATIONS_MAX 64

/* The thread that has the lock, and the fork that left it behind. */
struct unseen_holder {
	session_reference fork, thread;
	bool is_forker;
};

/* --- who has it ------------------------------------------------------------------ */

static bool is_own_task(const struct unseen_question *question, pid_t owner)
{
	for (size_t i = 0; i < question->look->count; i++)
		if (procfs_inner_tid(question->pid, question->look->tasks[i].tid) == owner)
			return true;
	return false;
}

/* Its number here may be another than its process knows it by, and the lock. */
static bool has_id(const struct model *model, session_reference reference, pid_t owner)
{
	const struct record_thread *thread = model_thread(model, reference);
	const struct process_facts *process = thread ? model_facts(model, thread->born_in) : NULL;

	return thread &&
	       (thread->tid == owner || (process && process->number > 0 &&
					 procfs_inner_tid(process->number, thread->tid) == owner));
}

static bool is_holder(const struct model *model, session_reference reference,
		      const struct unseen_lock *lock)
{
	const struct record_thread *thread = model_thread(model, reference);

	if (lock->self)
		return thread && thread->self == lock->self;
	return has_id(model, reference, lock->owner);
}

static bool is_at_fork(const struct model *model, session_reference fork,
		       const struct unseen_lock *lock, struct unseen_holder *holder)
{
	const struct record_fork *record = model_fork(model, fork);
	const struct record_lost *lost = model_lost(model, reader_fork_lost(model->reader, fork));

	*holder = (struct unseen_holder){.fork = fork, .thread = record->thread};
	holder->is_forker = is_holder(model, record->thread, lock);
	for (uint32_t i = 0; lost && !holder->is_forker && i < lost->count; i++)
		if (is_holder(model, lost->threads[i], lock)) {
			holder->thread = lost->threads[i];
			return true;
		}
	return holder->is_forker;
}

/* Nobody who is known: it has ended since, in the parent, or the parent itself has. */
static session_reference append_holder(const struct unseen_question *question,
				       session_reference fork, pid_t owner)
{
	const struct record_fork *record = model_fork(question->model, fork);
	struct record_thread thread = {
		.born_in = record->parent, .tid = owner, .flags = THREAD_UNSEEN};

	return writer_append(question->writer, RECORD_THREAD, &thread, sizeof(thread), NULL, 0);
}

/* The nearest fork that lost the thread of that id; the process' own where none is known to. */
static struct unseen_holder find_holder(const struct unseen_question *question,
					const struct unseen_lock *lock)
{
	const struct model *model = question->model;
	const struct process_facts *process = question->process;
	struct unseen_holder holder = {.fork = process->fork};

	bool is_named = lock->owner || lock->self;

	for (int i = 0;
	     is_named && i < GENERATIONS_MAX && process && model_fork(model, process->fork); i++) {
		if (is_at_fork(model, process->fork, lock, &holder))
			return holder;
		process = model_facts(model, process->parent);
	}
	holder = (struct unseen_holder){.fork = question->process->fork};
	if (lock->owner)
		holder.thread = append_holder(question, holder.fork, lock->owner);
	return holder;
}

/* --- a lock that names nobody ------------------------------------------------------ */

static bool all_wait_for_it(const struct unseen_question *question)
{
	for (size_t i = 0; i < question->look->count; i++) {
		const struct task_look *task = &question->look->tasks[i];

		if (!procfs_is_untimed_futex_wait(task) ||
		    task->arguments[0] != question->task->arguments[0])
			return false;
	}
	return true;
}

/* The parent's threads have it now, as many of them: the child itself has not taken it. */
static bool is_had_in_parent(const struct unseen_question *question, const struct unseen_lock *lock)
{
	const struct lock_family *family = lock_kind_facts(lock->kind)->family;
	const struct process_facts *parent =
		model_facts(question->model, question->process->parent);
	_Alignas(max_align_t) uint8_t bytes[SESSION_LOCK_STATE_MAX];
	_Alignas(max_align_t) uint8_t own[SESSION_LOCK_STATE_MAX];

	if (!family || !family->takers || !parent || parent->number <= 0 ||
	    stop_read(parent->number, lock->address, bytes, family->size) != family->size)
		return false;
	memcpy(own, lock->state, family->size);
	return family->takers(bytes) && family->takers(bytes) == family->takers(own);
}

/* By a writer whose name is not there yet, or not any more; readers that wait are counted, too. */
static bool is_for_writing(const struct unseen_lock *lock)
{
	pthread_rwlock_t copy;

	memcpy(&copy, lock->state, sizeof(copy));
	return glibc_rwlock_is_taken(&copy) &&
	       (copy.__data.__readers & RWLOCK_WRITE_PHASE || !glibc_rwlock_readers(&copy));
}

/* A thread may have a lock for reading and ask for it again; of a guard libstdc++ sees that, and
 * libc's own locks no thread asks for twice, unless a signal came between. */
static bool is_of_nobody_here(const struct unseen_question *question,
			      const struct unseen_lock *lock)
{
	if (lock->kind == LOCK_RWLOCK && !is_for_writing(lock))
		return is_had_in_parent(question, lock);
	return all_wait_for_it(question);
}

static bool is_orphaned(const struct unseen_question *question, const struct unseen_lock *lock)
{
	/* A debugger outside of its PID namespace wrote other numbers than the lock has. */
	if (core_is(question->pid) && !core_has_own_numbers(question->pid))
		return false;
	if (lock->self)
		return lost_has_self(question->model, question->process, lock->self);
	if (lock->owner > 0)
		return !is_own_task(question, lock->owner);
	return is_of_nobody_here(question, lock);
}

/* --- records ------------------------------------------------------------------------ */

/* Without holding it most of a stack can be read. */
static void unseen_wait_copy_partial(const struct unseen_question *question,
				     struct unseen_stack *copy)
{
	struct address_space *space = model_space(question->model, question->process->serial);
	struct stack_registers registers;
	struct held_task task;

	if (!frame_base_look(space, question->pid, question->task, &registers))
		return;
	task = hang_task(question->process, question->pid, 0);
	copy->stack = hang_record_stack(question->writer, &task, &registers);
}

bool unseen_wait_copy(const struct unseen_question *question, struct unseen_stack *copy)
{
	struct stack_registers registers;
	struct stopped stopped;
	struct held_task task;

	*copy = (struct unseen_stack){0};
	switch (stop_task(&stopped, question->pid, question->look, question->task)) {
	case STOP_MOVED:
		return false;
	case STOP_REFUSED:
		unseen_wait_copy_partial(question, copy);
		return true;
	case STOP_HELD:
		break;
	}
	if (!stopped.count || !stop_registers(&stopped, question->task->tid, &registers)) {
		/* It is not to be held: its word has changed. */
		registers = (struct stack_registers){.pc = question->task->pc,
						     .sp = question->task->sp};
		frame_base_find(model_space(question->model, question->process->serial),
				question->pid, &registers);
	}
	task = hang_task(question->process, question->pid, question->self);
	copy->stack = hang_record_stack(question->writer, &task, &registers);
	copy->python = python_record(question->writer, question->process, question->pid,
				     question->self, registers.sp);
	stop_release(&stopped);
	return true;
}

/* Where the parent's thread is now that had the lock at the fork: it may have it still. */
static void record_holder(const struct unseen_question *question,
			  const struct unseen_holder *holder)
{
	const struct record_thread *thread = model_thread(question->model, holder->thread);
	const struct process_facts *parent =
		thread ? model_facts(question->model, thread->born_in) : NULL;
	struct process_look *look = parent && parent->number > 0 ? malloc(sizeof(*look)) : NULL;
	struct task_question task = {.model = question->model,
				     .writer = question->writer,
				     .serial = parent ? parent->serial : 0,
				     .pid = parent ? parent->number : 0,
				     .look = look};

	if (look && procfs_look(parent->number, look)) {
		hang_record_modules(question->model, question->writer, parent->serial,
				    parent->number);
		model_update(question->model);
		for (size_t i = 0; i < look->count; i++)
			if (procfs_shown_tid(task.pid, look->tasks[i].tid) == thread->tid)
				task_record(&task, &look->tasks[i]);
	}
	free(look);
}

static session_reference append_held(const struct unseen_question *question,
				     const struct unseen_lock *lock,
				     const struct unseen_holder *holder)
{
	struct record_held held = {
		.fork = holder->fork,
		.thread = holder->thread,
		.lock = lock->address,
		.kind = lock->kind,
		.flags = holder->is_forker ? HELD_BY_FORKER : 0,
		.state_length = lock->state_length,
	};

	memcpy(held.state, lock->state, sizeof(held.state));
	return writer_append(question->writer, RECORD_HELD, &held, sizeof(held), NULL, 0);
}

static session_reference unseen_wait_append(const struct unseen_question *question,
					    const struct unseen_lock *lock)
{
	struct unseen_holder holder = find_holder(question, lock);
	const struct record_thread *thread;
	struct unseen_stack copy;
	struct record_wait wait = {
		.fork = question->process->fork,
		.lock = lock->address,
		.kind = lock->kind,
		.flags = lock->kind == LOCK_REGION ? WAIT_PERHAPS : 0,
		.tid = procfs_shown_tid(question->pid, question->task->tid),
		.operation = lock->operation,
		.state_length = lock->state_length,
	};

	if (!unseen_wait_copy(question, &copy))
		return 0;
	if (!holder.is_forker)
		record_holder(question, &holder);
	wait.held = append_held(question, lock, &holder);
	wait.stack = copy.stack;
	wait.python = copy.python;
	model_update(question->model);
	thread = model_thread(question->model, holder.thread);
	wait.owner = thread ? thread->tid : lock->owner;
	memcpy(wait.state, lock->state, sizeof(wait.state));
	return writer_append_of(question->writer, question->process->serial, RECORD_WAIT, &wait,
				sizeof(wait), NULL, 0);
}

static bool is_word_of_libc(const struct unseen_question *question)
{
	struct address_space *space = model_space(question->model, question->process->serial);

	return space && library_is_of_libc(space_module_path(space, question->task->arguments[0]));
}

/* A FILE, or an arena of malloc(): a fork by fork() makes them anew, one by a raw call does not. */
static bool find_stream(const struct unseen_question *question, struct unseen_lock *lock)
{
	struct address_space *space = model_space(question->model, question->process->serial);
	struct libc_lock found;

	if (!space || !libc_lock_find(space, question->pid, question->task->arguments[0], &found))
		return false;
	*lock = (struct unseen_lock){.kind = found.kind,
				     .operation = OPERATION_LOCK,
				     .address = question->task->arguments[0],
				     .self = found.owner};
	return true;
}

/* --- one wait ---------------------------------------------------------------------------- */

session_reference unseen_wait_record(const struct unseen_question *question, bool *is_own)
{
	struct unseen_lock lock;
	session_reference wait;

	*is_own = false;
	if (!model_fork(question->model, question->process->fork) ||
	    (!unseen_lock_find(question->pid, question->task, question->function,
			       is_word_of_libc(question), &lock) &&
	     !find_stream(question, &lock)))
		return 0;
	if (!is_orphaned(question, &lock)) {
		*is_own = lock.owner > 0 && is_own_task(question, lock.owner);
		return 0;
	}
	wait = unseen_wait_append(question, &lock);
	model_update(question->model);
	return wait;
}

/* --- the end of a thread ------------------------------------------------------------------ */

/* Of libc's descriptor of a thread, that its id or its state of joining is in. */
#define DESCRIPTOR_BYTES 4096

static bool is_joined(const struct unseen_question *question, const struct record_thread *thread)
{
	return thread && thread->self &&
	       question->task->arguments[0] - thread->self < DESCRIPTOR_BYTES;
}

static session_reference find_joined(const struct unseen_question *question)
{
	const struct model *model = question->model;
	const struct process_facts *process = question->process;

	for (int i = 0; i < GENERATIONS_MAX && process && model_fork(model, process->fork); i++) {
		const struct record_lost *lost =
			model_lost(model, reader_fork_lost(model->reader, process->fork));

		for (uint32_t k = 0; lost && k < lost->count; k++)
			if (is_joined(question, model_thread(model, lost->threads[k])))
				return lost->threads[k];
		process = model_facts(model, process->parent);
	}
	return 0;
}

bool unseen_join_record(const struct unseen_question *question)
{
	bool is_thrd = question->function && strncmp(question->function, "thrd_", 5) == 0;
	struct record_lost_use use = {
		.fork = question->process->fork,
		.function = is_thrd ? LOST_THRD_JOIN : LOST_JOIN,
		.tid = procfs_shown_tid(question->pid, question->task->tid),
	};
	struct unseen_stack copy;

	if (!question->function || !strstr(question->function, "_join"))
		return false;
	use.thread = find_joined(question);
	if (!use.thread || !unseen_wait_copy(question, &copy))
		return false;
	use.stack = copy.stack;
	use.python = copy.python;
	writer_append_of(question->writer, question->process->serial, RECORD_LOST_USE, &use,
			 sizeof(use), NULL, 0);
	model_update(question->model);
	return true;
}
