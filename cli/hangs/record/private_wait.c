/*
 * A task that sleeps on a private futex in shared memory is compared with what other processes did
 * to the lock there: the word has changed, or one of their threads has it. FUTEX_PRIVATE_FLAG in
 * the call tells that the lock is a private one; the task is held for its stack only where that
 * lets it sleep on.
 */
#include "private_wait.h"
#include "findings/evidence/lock_kinds.h"
#include "hangs/identify/unseen_lock.h"
#include "kept_reader.h"
#include "private_semaphore.h"
#include "process/memory_map.h"
#include "process/stop.h"

/* Of glibc's __wrphase_futex and __writers_futex: 1, and that somebody waits. */
#define RWLOCK_WAITED_FOR 3

bool private_wait_may_be(pid_t pid, const struct task_look *task)
{
	struct mapping mapping;

	return procfs_is_untimed_futex_wait(task) && procfs_is_private_wait(task) &&
	       !procfs_is_pi_wait(task) && maps_find(pid, task->arguments[0], &mapping) &&
	       mapping.shared;
}

bool private_wait_is_changed(pid_t pid, const struct task_look *task)
{
	uint32_t word;

	return stop_read(pid, task->arguments[0], &word, sizeof(word)) == sizeof(word) &&
	       word != (uint32_t)task->arguments[2];
}

/* --- who else has the memory --------------------------------------------------------- */

struct place_search {
	uint64_t inode, offset;
	unsigned major, minor;
	bool found;
};

static bool private_wait_ask_mapping(const struct mapping *mapping, void *data)
{
	struct place_search *search = data;

	search->found = mapping->shared && mapping->inode == search->inode &&
			mapping->major == search->major && mapping->minor == search->minor &&
			mapping->offset <= search->offset &&
			search->offset - mapping->offset < mapping->end - mapping->start;
	return !search->found;
}

static bool has_place(pid_t pid, const struct place_search *place)
{
	struct place_search search = *place;

	maps_each(pid, private_wait_ask_mapping, &search);
	return search.found;
}

/* Who has ended may have had it. */
static bool may_have_had(const struct process_facts *facts, const struct place_search *place)
{
	return facts && facts->number > 0 &&
	       (maps_is_without_memory(facts->number) || has_place(facts->number, place));
}

static uint32_t child_that_shares(const struct model *model, uint32_t parent,
				  const struct place_search *place)
{
	for (uint32_t serial = 1; serial < model->process_capacity; serial++) {
		const struct process_facts *facts = model_facts(model, serial);

		if (facts && facts->kind == BIRTH_CHILD && facts->parent == parent &&
		    may_have_had(facts, place))
			return serial;
	}
	return 0;
}

/* The parent has it, or a child. 0: nobody is known to. */
static uint32_t find_born(const struct unseen_question *question, const struct place_search *place)
{
	const struct process_facts *process = question->process;

	if (process->kind == BIRTH_CHILD &&
	    may_have_had(model_facts(question->model, process->parent), place))
		return process->serial;
	return child_that_shares(question->model, process->serial, place);
}

/* --- who has the lock ------------------------------------------------------------------ */

/* Of a read-write lock two words are for wake-ups, and have two bits. Where a writer is preferred,
 * readers wait on the one that counts them all: it changes whenever one comes or goes, and nobody
 * is to be woken for that. */
static bool is_word_for_wakeups(const struct private_wait *found, const struct task_look *task)
{
	return found->kind != LOCK_RWLOCK || (uint32_t)task->arguments[2] <= RWLOCK_WAITED_FOR;
}

static bool private_wait_is_own_task(const struct unseen_question *question, pid_t tid)
{
	for (size_t i = 0; i < question->look->count; i++)
		if (question->look->tasks[i].tid == tid)
			return true;
	return false;
}

/* Numbers are those of this namespace, or it is not known whose they are. */
static pid_t owner_elsewhere(const struct unseen_question *question,
			     const struct private_wait *found, const struct place_search *place)
{
	const struct lock_family *family = lock_kind_facts(found->kind)->family;
	_Alignas(max_align_t) uint8_t bytes[SESSION_LOCK_STATE_MAX];
	pid_t owner, process;

	if (!family || procfs_depth(question->pid) ||
	    stop_read(question->pid, found->lock, bytes, family->size) != family->size)
		return 0;
	owner = family->owner(bytes);
	if (owner <= 0 || private_wait_is_own_task(question, owner))
		return 0;
	process = procfs_process_of(owner);
	return process > 0 && process != question->pid && has_place(process, place) ? owner : 0;
}

bool private_wait_find(const struct unseen_question *question, struct private_wait *found)
{
	const struct task_look *task = question->task;
	struct unseen_lock called;
	struct place_search place;
	struct mapping mapping;

	if (!private_wait_may_be(question->pid, task) ||
	    !unseen_lock_called(question->function, &called) ||
	    !maps_find(question->pid, task->arguments[0], &mapping))
		return false;
	*found = (struct private_wait){
		.kind = called.kind,
		.operation = called.operation,
		.lock = unseen_lock_start(question->pid, called.kind, task->arguments[0]),
	};
	place = (struct place_search){
		.inode = mapping.inode,
		.offset = mapping.offset + (task->arguments[0] - mapping.start),
		.major = mapping.major,
		.minor = mapping.minor,
	};
	if (!private_wait_is_changed(question->pid, task)) {
		found->owner = called.kind == LOCK_SEMAPHORE
				       ? private_semaphore_user(question)
				       : owner_elsewhere(question, found, &place);
		if (!found->owner)
			return false;
	} else if (!is_word_for_wakeups(found, task)) {
		return false;
	}
	found->born = find_born(question, &place);
	return found->born != 0;
}

/* --- into the log ------------------------------------------------------------------------ */

static session_reference find_recorded(const struct unseen_question *question,
				       const struct private_wait *found, bool is_proven)
{
	const struct model_list *waits = model_list(question->model, RECORD_WAIT);
	pid_t tid = procfs_shown_tid(question->pid, question->task->tid);

	for (size_t i = waits->count; i-- > 0;) {
		const struct record_wait *wait = model_wait(question->model, waits->references[i]);

		if (wait->record.process == question->process->serial && wait->tid == tid &&
		    wait->lock == found->lock && wait->is_in_shared_memory &&
		    (!wait->flags || !is_proven) &&
		    !reader_wait_ended(question->model->reader, waits->references[i]))
			return waits->references[i];
	}
	return 0;
}

/* A fork that lost no thread is in the memory of the child only. */
static session_reference fork_of(const struct unseen_question *question, uint32_t born)
{
	const struct process_facts *facts = model_facts(question->model, born);
	session_reference fork = facts ? facts->fork : 0;

	if (!fork && facts)
		fork = kept_fork(facts, facts->number, question->writer);
	model_update(question->model);
	return fork;
}

static uint32_t copy_state(const struct unseen_question *question, const struct private_wait *found,
			   uint8_t state[SESSION_LOCK_STATE_MAX])
{
	const struct lock_family *family = lock_kind_facts(found->kind)->family;

	if (!family || stop_read(question->pid, found->lock, state, family->size) != family->size)
		return 0;
	return (uint32_t)family->size;
}

session_reference private_wait_record(const struct unseen_question *question,
				      const struct private_wait *found, bool is_proven)
{
	session_reference reference = find_recorded(question, found, is_proven);
	struct unseen_stack copy;
	struct record_wait wait = {
		.lock = found->lock,
		.kind = found->kind,
		.flags = is_proven ? 0 : WAIT_SEEN,
		.owner = found->owner,
		.tid = procfs_shown_tid(question->pid, question->task->tid),
		.operation = found->operation,
		.is_in_shared_memory = 1,
	};

	if (reference || !unseen_wait_copy(question, &copy))
		return reference;
	wait.fork = fork_of(question, found->born);
	wait.stack = copy.stack;
	wait.python = copy.python;
	wait.state_length = copy_state(question, found, wait.state);
	reference = writer_append_of(question->writer, question->process->serial, RECORD_WAIT,
				     &wait, sizeof(wait), NULL, 0);
	model_update(question->model);
	return reference;
}
