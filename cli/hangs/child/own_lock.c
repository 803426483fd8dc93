/*
 * A child that locks itself out is found by who has what its tasks wait for: the owner in a mutex,
 * the shim's tables of held locks, and for a semaphore who took from it last. Only where that is a
 * task which stands still, too, is the process held for its stacks.
 *
 * This is no search for deadlocks: it tells what a fork child waits for from what it lacks.
 */
#include "own_lock.h"
#include "hangs/identify/interpreter_symbols.h"
#include "hangs/identify/python_state.h"
#include "hangs/record/awaited_objects.h"
#include "process/stop.h"
#include "shim/common/glibc/mutex.h"
#include "shim/common/glibc/semaphore.h"
#include "waits.h"
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/syscall.h>

struct own_search {
	const struct own_lock_question *question;
	const struct process_facts *process;
	pid_t pid;
	struct process_look *look;
	struct thread_tables tables;
	bool has_tables;
	struct session_object *objects; /* NULL: there are none */
};

/* --- who has it, without holding anybody -------------------------------------------------- */

static pid_t own_lock_inner_tid(const struct own_search *search, pid_t tid)
{
	return search->process->pid == search->pid ? tid : procfs_inner_tid(search->pid, tid);
}

static bool is_stuck_task(const struct own_search *search, pid_t inner)
{
	for (size_t i = 0; inner > 0 && i < search->look->count; i++)
		if (search->question->is_stuck[i] &&
		    own_lock_inner_tid(search, search->look->tasks[i].tid) == inner)
			return true;
	return false;
}

static pid_t own_lock_mutex_owner(const struct own_search *search, uint64_t word)
{
	pthread_mutex_t mutex;

	if (stop_read(search->pid, word, &mutex, sizeof(mutex)) != sizeof(mutex) ||
	    !mutex.__data.__lock)
		return 0;
	return glibc_mutex_owner(&mutex);
}

static bool is_rwlock_of_stuck(const struct own_search *search, uint64_t lock)
{
	struct table_claim claim;

	for (size_t i = 0; search->has_tables && i < search->tables.count; i++)
		if (thread_tables_find_claim(&search->tables, &search->tables.threads[i], lock,
					     &claim) &&
		    claim.kind == LOCK_RWLOCK &&
		    is_stuck_task(search, search->tables.threads[i].tid))
			return true;
	return false;
}

/* It waits on one of three words. */
static bool waits_for_rwlock_of_stuck(const struct own_search *search, uint64_t word)
{
	return is_rwlock_of_stuck(search, word) ||
	       is_rwlock_of_stuck(search,
				  word - offsetof(pthread_rwlock_t, __data.__wrphase_futex)) ||
	       is_rwlock_of_stuck(search,
				  word - offsetof(pthread_rwlock_t, __data.__writers_futex));
}

static const struct session_object *find_semaphore_object(const struct own_search *search,
							  uint64_t word)
{
	const struct session_object *object = objects_find(search->objects, word);

	return object && object->key >> OBJECT_THREAD == LOCK_SEMAPHORE ? object : NULL;
}

/* Its parent has nothing to do before it has ended. One that looks after it with a time limit may
 * be about to end it, which then waits so on purpose. */
static bool is_awaited_by_parent(const struct own_search *search)
{
	const struct process_facts *parent =
		model_facts(search->question->turn->model, search->process->parent);
	struct task_look task;

	return parent && parent->number > 0 && procfs_quick_check(parent->number, &task) &&
	       task.in_call && (task.number == SYS_wait4 || task.number == SYS_waitid);
}

/* Who took it has given it back before, or nobody has yet. Of a child that lacks threads, what was
 * taken before the fork may be theirs to give. */
static bool is_taken_as_lock(const struct own_search *search, const struct session_object *object)
{
	uint64_t took = object->took, gave = object->gave;
	bool is_lock = gave ? gave & OBJECT_GIVEN_BACK : is_awaited_by_parent(search);

	return took && is_lock &&
	       (took & OBJECT_IN_CHILD || !search->question->watched->is_missing_threads);
}

/* Taken and not given back, by a thread that stands still: who only hears of something by it has it
 * from another thread. */
static bool is_semaphore_of_stuck(const struct own_search *search, uint64_t word)
{
	const struct session_object *object = find_semaphore_object(search, word);
	uint64_t took = object ? object->took : 0;
	struct glibc_semaphore state;

	if (!object || !is_taken_as_lock(search, object) || !search->has_tables ||
	    stop_read(search->pid, word, &state, sizeof(state)) != sizeof(state) || state.value ||
	    state.is_shared)
		return false;
	for (size_t i = 0; i < search->tables.count; i++)
		if ((search->tables.threads[i].serial & OBJECT_SERIAL) ==
			    (took >> OBJECT_THREAD & OBJECT_SERIAL) &&
		    is_stuck_task(search, search->tables.threads[i].tid))
			return true;
	return false;
}

static bool may_wait_for_stuck(const struct own_search *search, const struct task_look *task)
{
	uint64_t word = task->arguments[0];

	return procfs_is_untimed_futex_wait(task) && procfs_is_private_wait(task) &&
	       waits_word_is_same(search->pid, task) &&
	       (is_stuck_task(search, own_lock_mutex_owner(search, word)) ||
		waits_for_rwlock_of_stuck(search, word) || is_semaphore_of_stuck(search, word));
}

/* --- the chain ---------------------------------------------------------------------------- */

/* An interpreter waits by semaphores for more than locks. Where it has taken one to be told of
 * something (Condition.wait()), or for a queue in C, whoever takes it is not who gives it. */
static bool is_lock_of_interpreter(const struct own_search *search, const struct blocked *blocked)
{
	struct python_interpreter python;
	struct python_place place;
	struct parked lock;

	if (!python_interpreter_of(search->process, search->pid, &python))
		return true;
	return (python_find_plain_lock(search->process, search->pid, blocked->task, &lock) ||
		python_find_lock(search->process, search->pid, blocked->task, &lock)) &&
	       python_find_place(search->process, search->pid, blocked->self, &place) &&
	       !place.awaits_notice;
}

/* Nobody but a task of its own could give it, and none is left. */
static bool is_closed_semaphore(const struct own_search *search, const struct blocked *blocked)
{
	return blocked->kind == LOCK_SEMAPHORE && search->question->is_all && blocked->holder &&
	       procfs_is_private_wait(blocked->task) &&
	       is_semaphore_of_stuck(search, blocked->task->arguments[0]) &&
	       is_lock_of_interpreter(search, blocked);
}

static bool is_closed(const struct own_search *search, const struct blocked_chain *chain)
{
	for (size_t i = 0; i < chain->count; i++) {
		const struct blocked *blocked = &chain->list[i];

		if (!is_stuck_task(search, blocked->tid) ||
		    !waits_word_is_same(search->pid, blocked->task))
			return false;
		if (!blocked_is_certain(blocked) && !is_closed_semaphore(search, blocked))
			return false;
	}
	return chain->is_closed;
}

/* The first one of a chain that closes farther on only waits for those that are in it. */
static pid_t first_of_circle(const struct blocked_chain *chain)
{
	return chain->is_closed ? chain->list[chain->count - 1].holder : 0;
}

static bool find_from(const struct own_search *search, pid_t tid, const struct stopped *stopped,
		      struct blocked_chain *chain)
{
	pid_t first;

	if (!blocked_find(chain, search->question->turn->model, search->process, search->pid,
			  search->look, tid, stopped))
		return false;
	first = first_of_circle(chain);
	if (!first || first == chain->list[0].tid)
		return first != 0;
	return blocked_find(chain, search->question->turn->model, search->process, search->pid,
			    search->look, first, stopped) &&
	       first_of_circle(chain) == first;
}

/* What is held counts as having run, and is no news. */
static bool hold_and_find(struct own_search *search, const struct task_look *task,
			  struct blocked_chain *chain)
{
	struct stopped stopped;
	bool is_found;

	if (stop_process(&stopped, search->pid, search->look, false) != STOP_HELD)
		return false;
	is_found = find_from(search, own_lock_inner_tid(search, task->tid), &stopped, chain) &&
		   is_closed(search, chain);
	stop_release(&stopped);
	for (size_t i = 0; i < search->look->count; i++)
		search->look->tasks[i].was_held = true;
	return is_found;
}

static bool search_all(struct own_search *search, struct blocked_chain *chain)
{
	for (size_t i = 0; i < search->look->count; i++) {
		struct task_look *task = &search->look->tasks[i];

		if (search->question->is_stuck[i] && may_wait_for_stuck(search, task) &&
		    hold_and_find(search, task, chain))
			return true;
	}
	return false;
}

bool own_lock_find(const struct own_lock_question *question, struct blocked_chain *chain)
{
	struct own_search *search = calloc(1, sizeof(*search));
	bool is_found;

	if (!search)
		return false;
	search->question = question;
	search->pid = question->watched->pid;
	search->look = question->watched->look;
	search->process = model_facts(question->turn->model, question->watched->serial);
	search->has_tables = thread_tables_read(&search->tables, search->process, search->pid);
	search->objects = objects_read(search->process, search->pid);
	is_found = search->process && search->process->kind == BIRTH_CHILD &&
		   search_all(search, chain);
	free(search->objects);
	free(search);
	return is_found;
}

bool own_lock_has_semaphore(const struct blocked_chain *chain)
{
	for (size_t i = 0; i < chain->count; i++)
		if (chain->list[i].kind == LOCK_SEMAPHORE)
			return true;
	return false;
}
