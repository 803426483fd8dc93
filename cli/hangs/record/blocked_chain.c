/*
 * Why a fork() does not return is found from thread to thread, by registers of tasks that are
 * held and memory that is read from the outside. Which lock one waits for, the futex word
 * tells: its address, and what libc keeps beside it.
 */
#include "blocked_chain.h"
#include "awaited_objects.h"
#include "base/library_names.h"
#include "hang_record.h"
#include "hangs/child/waits.h"
#include "hangs/identify/frame_base.h"
#include "hangs/identify/libc_internal_locks.h"
#include "hangs/identify/python_state.h"
#include "shim/common/glibc/mutex.h"
#include "shim/common/glibc/rwlock.h"
#include "unwind/unwind.h"
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define STACK_BYTES 32768
/* Beyond so many other threads it is not asked who of them is inside malloc(). */
#define ASKED_MAX 256

struct chain_search {
	struct model *model;
	const struct process_facts *process;
	struct address_space *space;
	pid_t pid;
	const struct process_look *look;
	const struct stopped *stopped;
	struct thread_tables tables;
	struct arena arena;
	uint8_t bytes[STACK_BYTES];
};

/* --- one task --------------------------------------------------------------------- */

static pid_t blocked_chain_inner_tid(const struct chain_search *search, pid_t tid)
{
	return search->process->pid == search->pid ? tid : procfs_inner_tid(search->pid, tid);
}

static const struct task_look *blocked_chain_find_task(const struct chain_search *search,
						       pid_t inner)
{
	for (size_t i = 0; i < search->look->count; i++)
		if (blocked_chain_inner_tid(search, search->look->tasks[i].tid) == inner)
			return &search->look->tasks[i];
	return NULL;
}

static bool blocked_chain_is_held(const struct stopped *stopped, pid_t tid)
{
	for (size_t i = 0; i < stopped->count; i++)
		if (stopped->tasks[i] == tid)
			return true;
	return false;
}

static struct frames read_frames(struct chain_search *search,
				 const struct stack_registers *registers)
{
	struct captured_memory memory;
	size_t length =
		stop_read(search->pid, registers->sp, search->bytes, STACK_BYTES) & ~(size_t)7;

	captured_memory_init(&memory);
	captured_memory_add(&memory, registers->sp, search->bytes, length);
	return unwind_stack(search->space, &search->arena, registers, false, &memory.memory);
}

static void read_registers(struct chain_search *search, struct blocked *blocked)
{
	const struct task_look *task = blocked->task;
	const struct table_thread *thread = thread_tables_find(&search->tables, blocked->tid);

	blocked->is_held = blocked_chain_is_held(search->stopped, task->tid) &&
			   stop_registers(search->stopped, task->tid, &blocked->registers);
	blocked->self = blocked->is_held ? stop_thread_pointer(search->pid, task->tid)
			: thread         ? thread->self
					 : 0;
	if (blocked->is_held)
		return;
	blocked->registers = (struct stack_registers){.pc = task->pc, .sp = task->sp};
	frame_base_find(search->space, search->pid, &blocked->registers);
}

/* What the program called that led into libc, from where its frames stand at `at` on. */
static const char *called_at(struct chain_search *search, const struct frames *stack, size_t at)
{
	const char *called;

	while (at < stack->count && !stack->list[at].is_signal &&
	       library_is_libc(stack->list[at].module))
		at++;
	if (!at || at == stack->count || stack->list[at].is_signal)
		return NULL;
	called = unwind_called_function(search->space, &search->arena, stack->list[at].pc);
	return called ? called : stack->list[at - 1].function;
}

/* --- who has it ------------------------------------------------------------------- */

static void set_holder(struct chain_search *search, struct blocked *blocked, pid_t holder,
		       bool is_certain)
{
	const struct table_thread *thread = thread_tables_find(&search->tables, holder);

	blocked->holder = holder;
	if (is_certain)
		blocked->flags |= BLOCKED_CERTAIN;
	if (!thread)
		return;
	blocked->has_claim =
		thread_tables_find_claim(&search->tables, thread, blocked->lock, &blocked->claim);
	blocked->has_snapshot = blocked->has_claim &&
				thread_tables_find_snapshot(&search->tables, thread,
							    &blocked->claim, &blocked->snapshot);
}

static pid_t owner_of_mutex(const struct chain_search *search, uint64_t address)
{
	pthread_mutex_t mutex;

	if (stop_read(search->pid, address, &mutex, sizeof(mutex)) != sizeof(mutex))
		return 0;
	return glibc_mutex_owner(&mutex);
}

static bool is_mutex(uint32_t kind)
{
	return kind == LOCK_MUTEX || kind == LOCK_MTX;
}

/* Some thread has a claim to a lock of a kind at an address: its owner at the least. */
static bool has_claim(struct chain_search *search, uint64_t address, struct table_claim *claim,
		      pid_t *tid)
{
	for (size_t i = 0; i < search->tables.count; i++)
		if (thread_tables_find_claim(&search->tables, &search->tables.threads[i], address,
					     claim)) {
			*tid = search->tables.threads[i].tid;
			return true;
		}
	return false;
}

static bool find_mutex(struct chain_search *search, struct blocked *blocked, uint64_t address,
		       const char *called)
{
	pid_t owner = owner_of_mutex(search, address), tid = 0;
	struct table_claim claim = {0};
	bool is_claimed = has_claim(search, address, &claim, &tid) && is_mutex(claim.kind);

	if (!is_claimed && !(called && (strstr(called, "mutex_") || strstr(called, "mtx_"))))
		return false;
	blocked->kind = is_claimed ? claim.kind : LOCK_MUTEX;
	blocked->lock = address;
	if (owner && blocked_chain_find_task(search, owner))
		set_holder(search, blocked, owner, true);
	return true;
}

static uint32_t count_read_claims(struct chain_search *search, uint64_t address)
{
	struct table_claim claim;
	uint32_t count = 0;

	for (size_t i = 0; i < search->tables.count; i++)
		if (thread_tables_find_claim(&search->tables, &search->tables.threads[i], address,
					     &claim) &&
		    claim.kind == LOCK_RWLOCK)
			count += 1 + claim.depth;
	return count;
}

/* A writer waits for all readers, and is one. Who gives back what another thread took leaves that
 * one's claim open: then they are more than the lock counts. A reader that waits counts before it
 * has the lock, or waits on the word that counts. */
static bool waits_for_itself_to_read(struct chain_search *search, const struct blocked *blocked,
				     uint64_t address, const pthread_rwlock_t *rwlock)
{
	const struct table_thread *thread = thread_tables_find(&search->tables, blocked->tid);
	struct table_claim claim;

	return thread && blocked->task->arguments[0] != address &&
	       thread_tables_find_claim(&search->tables, thread, address, &claim) &&
	       claim.kind == LOCK_RWLOCK &&
	       count_read_claims(search, address) == glibc_rwlock_readers(rwlock);
}

static bool find_rwlock_at(struct chain_search *search, struct blocked *blocked, uint64_t address)
{
	struct table_claim claim = {0};
	pthread_rwlock_t rwlock;
	pid_t reader = 0, writer;

	if (!has_claim(search, address, &claim, &reader) || claim.kind != LOCK_RWLOCK ||
	    stop_read(search->pid, address, &rwlock, sizeof(rwlock)) != sizeof(rwlock))
		return false;
	writer = glibc_rwlock_writer(&rwlock);
	blocked->kind = LOCK_RWLOCK;
	blocked->lock = address;
	if (writer && blocked_chain_find_task(search, writer))
		set_holder(search, blocked, writer, true);
	else if (!writer && waits_for_itself_to_read(search, blocked, address, &rwlock))
		set_holder(search, blocked, blocked->tid, true);
	else if (!writer && reader != blocked->tid)
		set_holder(search, blocked, reader, glibc_rwlock_readers(&rwlock) == 1);
	else if (!writer)
		set_holder(search, blocked, reader, false);
	return true;
}

static bool find_rwlock(struct chain_search *search, struct blocked *blocked, uint64_t word)
{
	return find_rwlock_at(search, blocked,
			      word - offsetof(pthread_rwlock_t, __data.__wrphase_futex)) ||
	       find_rwlock_at(search, blocked,
			      word - offsetof(pthread_rwlock_t, __data.__writers_futex)) ||
	       find_rwlock_at(search, blocked, word);
}

/* The kernel clears the word, and wakes who waits, when the thread ends. */
static bool find_join(struct chain_search *search, struct blocked *blocked, const char *called)
{
	pid_t tid = (pid_t)blocked->task->arguments[2];

	if (!called || !strstr(called, "_join") || procfs_is_pi_wait(blocked->task))
		return false;
	blocked->kind = LOCK_THREAD;
	blocked->lock = (uint64_t)tid;
	if (blocked_chain_find_task(search, tid))
		set_holder(search, blocked, tid, true);
	return true;
}

/* Who took from it last: that may not be who is to give it back. */
static bool find_semaphore(struct chain_search *search, struct blocked *blocked, uint64_t word,
			   const char *called)
{
	struct session_object *objects;
	const struct session_object *object;
	uint64_t took = 0;

	if (!called || strncmp(called, "sem_", 4) != 0)
		return false;
	blocked->kind = LOCK_SEMAPHORE;
	blocked->lock = word;
	objects = objects_read(search->process, search->pid);
	object = objects_find(objects, word);
	if (object)
		took = object->took;
	for (size_t i = 0; took && i < search->tables.count; i++)
		if ((search->tables.threads[i].serial & OBJECT_SERIAL) ==
		    (took >> OBJECT_THREAD & OBJECT_SERIAL))
			set_holder(search, blocked, search->tables.threads[i].tid, false);
	free(objects);
	return true;
}

/* --- libc's own locks ------------------------------------------------------------- */

/* Of who waits itself only what it was doing when a signal came. */
static size_t first_interrupted(const struct frames *stack)
{
	size_t i = 0;

	while (i < stack->count && !stack->list[i].is_signal)
		i++;
	return i;
}

static bool blocked_chain_is_inside(struct chain_search *search, const struct frames *stack,
				    size_t from, enum lock_kind kind)
{
	for (size_t i = from; i < stack->count; i++) {
		if (stack->list[i].is_signal || !library_is_libc(stack->list[i].module))
			continue;
		if (libc_lock_is_held_by(kind, stack->list[i].function) ||
		    libc_lock_is_held_by(kind, called_at(search, stack, i)))
			return true;
	}
	return false;
}

struct inside_search {
	enum lock_kind kind;
	pid_t found;
	size_t count;
	bool is_certain; /* all were asked */
};

static void ask_other(struct chain_search *search, const struct task_look *task, uint64_t word,
		      struct inside_search *inside)
{
	struct blocked other = {.task = task, .tid = blocked_chain_inner_tid(search, task->tid)};
	struct frames stack;

	/* It waits for the same. */
	if (procfs_is_futex_wait(task) && task->arguments[0] == word)
		return;
	read_registers(search, &other);
	if (!other.is_held && (!task->in_call || task->state == 'R')) {
		inside->is_certain = false;
		return;
	}
	stack = read_frames(search, &other.registers);
	inside->is_certain &= stack.complete;
	if (blocked_chain_is_inside(search, &stack, 0, inside->kind)) {
		inside->found = other.tid;
		inside->count++;
	}
}

/* What names nobody, who stands inside of such a function has: the only one that does. */
static void find_inside(struct chain_search *search, struct blocked *blocked,
			const struct frames *stack, enum lock_kind kind)
{
	uint64_t word = blocked->task->arguments[0];
	struct inside_search inside = {.kind = kind,
				       .is_certain = search->look->complete &&
						     search->look->count <= ASKED_MAX};

	if (blocked_chain_is_inside(search, stack, first_interrupted(stack), kind)) {
		inside.found = blocked->tid;
		inside.count = 1;
	}
	for (size_t i = 0; i < search->look->count && i < ASKED_MAX; i++)
		if (&search->look->tasks[i] != blocked->task)
			ask_other(search, &search->look->tasks[i], word, &inside);
	blocked->kind = kind;
	blocked->lock = word;
	if (inside.count == 1)
		set_holder(search, blocked, inside.found, inside.is_certain && stack->complete);
}

/* A signal came between two steps: the word is taken, and has no owner yet, or no longer. */
static bool is_for_streams(const struct frames *stack)
{
	for (size_t i = 0; i < stack->count && !stack->list[i].is_signal &&
			   library_is_libc(stack->list[i].module);
	     i++)
		if (stack->list[i].function &&
		    strcmp(stack->list[i].function, "_IO_list_lock") == 0)
			return true;
	return false;
}

static bool find_libc_lock(struct chain_search *search, struct blocked *blocked,
			   const struct frames *stack, uint64_t word)
{
	const struct table_thread *owner;
	struct libc_lock lock;

	if (!libc_lock_find(search->space, search->pid, word, &lock) && !is_for_streams(stack))
		return false;
	if (lock.kind == LOCK_ALLOCATOR || !lock.kind) {
		find_inside(search, blocked, stack, lock.kind ? lock.kind : LOCK_STREAMS);
		return true;
	}
	owner = thread_tables_find_self(&search->tables, lock.owner);
	if (!owner || !blocked_chain_find_task(search, owner->tid))
		return false;
	blocked->kind = lock.kind;
	blocked->lock = word;
	blocked->descriptor = lock.descriptor;
	set_holder(search, blocked, owner->tid, true);
	return true;
}

/* --- the chain -------------------------------------------------------------------- */

static bool find_tried(struct chain_search *search, struct blocked *blocked)
{
	const struct table_thread *thread = thread_tables_find(&search->tables, blocked->tid);
	struct tried_lock tried;

	if (!thread || !thread_tables_find_tried(&search->tables, thread, &tried))
		return false;
	blocked->flags |= BLOCKED_TRIES;
	blocked->tries = tried.count;
	blocked->kind = tried.kind;
	blocked->lock = tried.lock;
	if (is_mutex(tried.kind)) {
		pid_t owner = owner_of_mutex(search, tried.lock);

		if (owner && blocked_chain_find_task(search, owner))
			set_holder(search, blocked, owner, true);
	} else if (tried.kind == LOCK_RWLOCK) {
		find_rwlock_at(search, blocked, tried.lock);
	}
	return true;
}

static void blocked_chain_find_lock(struct chain_search *search, struct blocked *blocked,
				    bool is_forker)
{
	struct frames stack = read_frames(search, &blocked->registers);
	uint64_t word = blocked->task->arguments[0];
	const char *called = called_at(search, &stack, 0);

	if (!procfs_is_untimed_futex_wait(blocked->task)) {
		if (is_forker)
			find_tried(search, blocked);
		return;
	}
	if (find_join(search, blocked, called) || find_libc_lock(search, blocked, &stack, word) ||
	    find_semaphore(search, blocked, word, called) ||
	    find_mutex(search, blocked, word, called))
		return;
	find_rwlock(search, blocked, word);
}

static bool blocked_chain_add(struct chain_search *search, struct blocked_chain *chain, pid_t tid)
{
	struct blocked *blocked = &chain->list[chain->count];

	*blocked = (struct blocked){
		.task = blocked_chain_find_task(search, tid), .tid = tid, .descriptor = -1};
	if (!blocked->task)
		return false;
	read_registers(search, blocked);
	blocked_chain_find_lock(search, blocked, chain->count == 0);
	chain->count++;
	return true;
}

static bool has(const struct blocked_chain *chain, pid_t tid)
{
	for (size_t i = 0; i < chain->count; i++)
		if (chain->list[i].tid == tid)
			return true;
	return false;
}

static void blocked_chain_follow(struct chain_search *search, struct blocked_chain *chain,
				 pid_t tid)
{
	while (chain->count < BLOCKED_MAX && blocked_chain_add(search, chain, tid)) {
		tid = chain->list[chain->count - 1].holder;
		if (!tid)
			return;
		chain->is_closed = has(chain, tid);
		if (chain->is_closed)
			return;
	}
}

bool blocked_find(struct blocked_chain *chain, struct model *model,
		  const struct process_facts *process, pid_t pid, const struct process_look *look,
		  pid_t forking, const struct stopped *stopped)
{
	struct chain_search *search = calloc(1, sizeof(*search));

	chain->count = 0;
	chain->is_closed = false;
	if (!search || !process)
		return false;
	search->model = model;
	search->process = process;
	search->space = model_space(model, process->serial);
	search->pid = pid;
	search->look = look;
	search->stopped = stopped;
	if (search->space) {
		arena_init(&search->arena);
		thread_tables_read(&search->tables, process, pid);
		blocked_chain_follow(search, chain, forking);
		arena_release(&search->arena);
	}
	free(search);
	return chain->count > 0;
}

/* Of memory that others have, too, another process might give. Who waits for a thread is woken by
 * the kernel. */
static bool is_own_wait(const struct blocked *blocked)
{
	return procfs_is_untimed_futex_wait(blocked->task) &&
	       (procfs_is_private_wait(blocked->task) || blocked->kind == LOCK_THREAD);
}

bool blocked_is_certain(const struct blocked *blocked)
{
	return blocked->flags & BLOCKED_CERTAIN && !(blocked->flags & BLOCKED_TRIES) &&
	       is_own_wait(blocked);
}

bool blocked_is_for_ever(const struct blocked_chain *chain)
{
	for (size_t i = 0; i < chain->count; i++)
		if (!blocked_is_certain(&chain->list[i]))
			return false;
	return chain->is_closed;
}

/* --- into the log ------------------------------------------------------------------ */

static session_reference record_snapshot(const struct blocked *blocked, struct writer *writer)
{
	const struct snapshot *snapshot = &blocked->snapshot;
	struct record_stack stack = {
		.flags = STACK_FIRST_SEEN,
		.length = snapshot->length & ~7u,
		.address = snapshot->address,
		.registers = snapshot->registers,
	};

	if (!blocked->has_snapshot)
		return 0;
	return writer_append(writer, RECORD_STACK, &stack, sizeof(stack), snapshot->bytes,
			     stack.length);
}

static session_reference blocked_chain_record_one(const struct blocked *blocked,
						  struct writer *writer,
						  const struct process_facts *process, pid_t pid,
						  session_reference next)
{
	struct held_task task = hang_task(process, pid, blocked->self);
	struct record_blocked record = {
		.serial = process->serial,
		.tid = blocked->tid,
		.stack = hang_record_stack(writer, &task, &blocked->registers),
		.python = blocked->is_held && process->pid == pid
				  ? python_record(writer, process, pid, blocked->self,
						  blocked->registers.sp)
				  : 0,
		.lock = blocked->lock,
		.kind = blocked->kind,
		.flags = blocked->flags,
		.holder = blocked->holder,
		.descriptor = blocked->descriptor,
		.next = next,
		.held_flags = blocked->claim.flags,
		.site = blocked->claim.site,
		.site_sp = blocked->claim.site_sp,
		.since_ns = blocked->claim.since_ns,
		.acquired = record_snapshot(blocked, writer),
		.call = blocked->task->in_call ? (uint32_t)blocked->task->number : UINT32_MAX,
	};

	if (blocked->kind != LOCK_THREAD && blocked->lock)
		record.state_length =
			(uint32_t)stop_read(pid, blocked->lock, record.state, sizeof(record.state));
	return writer_append(writer, RECORD_BLOCKED, &record, sizeof(record), NULL, 0);
}

session_reference blocked_record(const struct blocked_chain *chain, struct writer *writer,
				 const struct process_facts *process, pid_t pid)
{
	session_reference next = 0;

	for (size_t i = chain->count; i-- > 0;)
		next = blocked_chain_record_one(&chain->list[i], writer, process, pid, next);
	return next;
}
