/*
 * What ties a task's wait to lost threads is found in the model, and in what the process keeps
 * of its objects in its own memory: a stranger's, and checked as such. Stacks are read, and
 * nobody is stopped.
 */
#include "ties.h"
#include "base/library_names.h"
#include "findings/evidence/attribution.h"
#include "findings/evidence/lock_kinds.h"
#include "hangs/identify/interpreter_code.h"
#include "hangs/identify/interpreter_symbols.h"
#include "hangs/identify/lost_threads.h"
#include "hangs/identify/python_state.h"
#include "hangs/identify/wakeup_sources.h"
#include "hangs/record/awaited_objects.h"
#include "parent_copy.h"
#include "process/holders.h"
#include "process/stop.h"
#include "shim/common/glibc/semaphore.h"
#include "unwind/unwind.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Of the stack of a task that is not stuck, from its stack pointer on. */
#define NEIGHBOUR_BYTES 16384
/* Farther apart, two addresses are not known to be in one stack. */
#define CHILD_STACK_BYTES (1 << 20)

void ties_open(struct tie_search *search, struct model *model, const struct process_facts *process,
	       pid_t pid, const struct process_look *look)
{
	struct python_interpreter python;

	*search = (struct tie_search){.model = model, .process = process, .pid = pid, .look = look};
	search->objects = objects_read(process, pid);
	search->has_facts = wakeup_read_facts(process, pid, &search->facts);
	if (process && python_interpreter_of(process, pid, &python))
		search->interpreter = python.runtime;
}

void ties_release(struct tie_search *search)
{
	free(search->objects);
	search->objects = NULL;
}

/* --- locks that name their holder -------------------------------------------- */

/* Records, and the words of locks, have the number that a task has in its PID namespace. */
static pid_t ties_inner_tid(const struct process_facts *process, pid_t pid, pid_t tid)
{
	return process->pid == pid && !process->is_outside ? tid : procfs_inner_tid(pid, tid);
}

/* Records that the CLI wrote itself have the numbers here. */
static pid_t ties_recorded_tid(const struct process_facts *process, pid_t pid, pid_t tid)
{
	return process->is_outside ? procfs_shown_tid(pid, tid) : ties_inner_tid(process, pid, tid);
}

session_reference ties_open_wait(const struct model *model, const struct process_facts *process,
				 pid_t pid, pid_t tid)
{
	const struct model_list *waits = model_list(model, RECORD_WAIT);
	pid_t inner = process ? ties_recorded_tid(process, pid, tid) : 0;

	for (size_t i = waits->count; i-- > 0;) {
		const struct record_wait *wait = model_wait(model, waits->references[i]);

		if (inner && wait->record.process == process->serial && wait->tid == inner &&
		    !wait->flags && !reader_wait_ended(model->reader, waits->references[i]))
			return waits->references[i];
	}
	return 0;
}

/* Had a lost thread been the holder, the shim would have written so. */
static bool names_holder(const char *function)
{
	return function && (lock_is_taken_in(function) || strcmp(function, "pthread_join") == 0 ||
			    strcmp(function, "thrd_join") == 0);
}

struct held_search {
	const struct record_held *held;
	pid_t tid;
};

static bool is_not_holder(const struct record_thread *thread, uint32_t parent, void *data)
{
	const struct held_search *search = data;

	(void)parent;
	return thread->tid != search->tid;
}

/* What glibc's mutex and the kernel's robust list have: who owns it stands behind the word. */
static bool is_still_owned(const struct tie_search *search, const struct record_held *held,
			   pid_t owner)
{
	pthread_mutex_t mutex;

	return stop_read(search->pid, held->lock, &mutex, sizeof(mutex)) == sizeof(mutex) &&
	       mutex.__data.__owner == owner;
}

bool ties_is_owner(const struct tie_search *search, const struct task_look *waiter, pid_t tid)
{
	pthread_mutex_t mutex;

	/* glibc's: a word, a count, who has it. A futex of another kind seldom has such an id. */
	return procfs_is_futex_wait(waiter) &&
	       stop_read(search->pid, waiter->arguments[0], &mutex, sizeof(mutex)) ==
		       sizeof(mutex) &&
	       mutex.__data.__lock &&
	       mutex.__data.__owner == ties_inner_tid(search->process, search->pid, tid);
}

/* Its parent was in the call already: the child was made by a signal handler inside of it. */
static session_reference ties_find_held(const struct tie_search *search,
					const struct task_look *task)
{
	const struct model_list *list = model_list(search->model, RECORD_HELD);

	for (size_t i = list->count; i-- > 0;) {
		const struct record_held *held = model_held(search->model, list->references[i]);
		const struct record_thread *holder = model_thread(search->model, held->thread);
		struct held_search by = {held, holder ? holder->tid : 0};

		if (held->kind == LOCK_MUTEX && holder &&
		    task->arguments[0] - held->lock < sizeof(pthread_mutex_t) &&
		    is_still_owned(search, held, by.tid) &&
		    !lost_each(search->model, search->process, is_not_holder, &by))
			return list->references[i];
	}
	return 0;
}

bool ties_joins_lost(const struct tie_search *search, const struct task_look *task)
{
	const struct model_list *uses = model_list(search->model, RECORD_LOST_USE);
	pid_t tid = ties_recorded_tid(search->process, search->pid, task->tid);

	for (size_t i = 0; i < uses->count; i++) {
		const struct record_lost_use *use =
			model_lost_use(search->model, uses->references[i]);

		if (use->record.process == search->process->serial && use->tid == tid)
			return true;
	}
	return false;
}

bool ties_joins_own(const struct tie_search *search, const struct task_look *task,
		    const struct wait_facts *facts)
{
	pid_t joined = (pid_t)task->arguments[2];

	if (!facts->function || !strstr(facts->function, "_join"))
		return false;
	for (size_t i = 0; i < search->look->count; i++)
		if (procfs_inner_tid(search->pid, search->look->tasks[i].tid) == joined)
			return true;
	return false;
}

/* --- objects without a holder -------------------------------------------------- */

static uint32_t ties_kind_of(const struct session_object *object)
{
	return (uint32_t)(object->key >> OBJECT_THREAD);
}

/* To signal or destroy a condition variable is to wait for those that wait on it. */
static bool waits_for_waiters(const struct session_object *object, const char *function)
{
	return ties_kind_of(object) == LOCK_CONDITION && function && !strstr(function, "wait");
}

static bool is_taken_to_be_given(const struct session_object *object, const char *function)
{
	return lock_kind_facts(ties_kind_of(object))->is_taken_to_be_given ||
	       waits_for_waiters(object, function);
}

/* The calling task's serial stands in what it gave and took since. */
static bool is_of_child(uint64_t use)
{
	return use & OBJECT_IN_CHILD;
}

static struct tie tie_to_object(const struct tie_search *search,
				const struct session_object *object, const char *function)
{
	const struct process_facts *process = search->process;
	bool is_given_by_lost = lost_used(search->model, process, object->gave);
	bool is_taken_by_lost = lost_used(search->model, process, object->took);
	struct tie tie = {.is_own = object->made & OBJECT_IN_CHILD};

	if (tie.is_own)
		return tie;
	if (is_taken_by_lost && is_taken_to_be_given(object, function))
		tie.evidence = EVIDENCE_TAKEN;
	/* A lock that the child itself has taken since it was given back. */
	else if (is_given_by_lost &&
		 !(object->gave & OBJECT_GIVEN_BACK && is_of_child(object->took)))
		tie.evidence = EVIDENCE_SERVED;
	else
		tie.is_own = is_of_child(object->gave) || is_of_child(object->took);
	return tie;
}

/* The shim sees who uses what these wait for: if no lost thread ever did, none has a part in it.
 * At a barrier nobody is seen before the first meeting. */
static bool ties_is_seen(const char *function)
{
	return function &&
	       (strncmp(function, "sem_", 4) == 0 || strncmp(function, "pthread_cond_", 13) == 0 ||
		strncmp(function, "cnd_", 4) == 0);
}

/* --- what it gave to others ---------------------------------------------------- */

uint32_t ties_forker(const struct tie_search *search)
{
	const struct record_fork *fork = model_fork(search->model, search->process->fork);
	const struct record_thread *forker =
		fork ? model_thread(search->model, fork->thread) : NULL;

	return forker ? forker->serial : 0;
}

/* The task's serial, by the thread that the shim knows under its id. 0: not known. */
static uint32_t serial_of(const struct tie_search *search, pid_t tid)
{
	const struct model_list *threads = model_list(search->model, RECORD_THREAD);
	uint32_t forker = tid == search->pid ? ties_forker(search) : 0;

	if (forker)
		return forker;
	tid = ties_inner_tid(search->process, search->pid, tid);
	for (size_t i = threads->count; i-- > 0;) {
		const struct record_thread *thread =
			model_thread(search->model, threads->references[i]);

		if (thread->record.process == search->process->serial && thread->tid == tid)
			return thread->serial;
	}
	return 0;
}

/*
 * The descriptor was there before the fork, and what is written to it comes out in this very
 * process: such bytes are for another thread of it, as who wakes an event loop sends them.
 */
static bool comes_back(const struct tie_search *search, int descriptor)
{
	const struct process_facts *parent = model_facts(search->model, search->process->parent);

	return parent && holders_has_same_file(search->pid, parent->pid, descriptor) &&
	       holders_reads_itself(search->pid, descriptor);
}

/* What was posted is still there: who waited for it at the fork is not. */
static bool is_untaken(const struct tie_search *search, uint64_t semaphore)
{
	struct glibc_semaphore state;

	return stop_read(search->pid, semaphore, &state, sizeof(state)) == sizeof(state) &&
	       state.value;
}

static bool is_handed_to_lost(const struct tie_search *search, const struct session_handed *handed)
{
	switch (handed->key >> OBJECT_THREAD) {
	case HANDED_DESCRIPTOR:
		return comes_back(search, (int)(uint32_t)handed->key);
	case LOCK_SEMAPHORE:
		return is_untaken(search, handed->key & OBJECT_ADDRESS);
	default:
		return lost_used(search->model, search->process, handed->took);
	}
}

/* What a thread handed to lost threads, from `from` on; its number, or HANDED: nothing more. */
static uint32_t next_handed(const struct tie_search *search, uint32_t serial, uint32_t from)
{
	uint32_t count = search->facts.handed_count < HANDED ? search->facts.handed_count : HANDED;

	for (uint32_t i = from; search->has_facts && serial && i < count; i++) {
		const struct session_handed *handed = &search->facts.handed[i];

		if (handed->key &&
		    (handed->gave >> OBJECT_THREAD & OBJECT_SERIAL) == (serial & OBJECT_SERIAL) &&
		    is_handed_to_lost(search, handed))
			return i;
	}
	return HANDED;
}

/* The waiting thread handed something to lost threads, and waits for the answer. */
static bool has_handed(const struct tie_search *search, pid_t tid)
{
	return next_handed(search, serial_of(search, tid), 0) < HANDED;
}

/* --- whose code it is in ------------------------------------------------------- */

struct library_search {
	const struct tie_search *ties;
	struct judgement judgement;
	bool (*is_there)(const char *library, const void *where);
	const void *where;
	bool found;
};

/* What an interpreter runs is its program's: that the code is the interpreter's says nothing. */
static bool ties_is_interpreter(const struct tie_search *search, const char *library)
{
	struct address_space *space = model_space(search->model, search->process->serial);
	const char *own =
		space && search->interpreter ? space_module_path(space, search->interpreter) : NULL;

	return own && strcmp(own, library) == 0;
}

/* Of one that was not seen to be made, little is known but whose process it lived in. */
static const char *library_of(struct library_search *search, const struct record_thread *thread,
			      uint32_t parent)
{
	const char *path;

	if (thread->flags & THREAD_MAIN)
		return NULL;
	if (thread->flags & THREAD_UNSEEN) {
		path = attribute_thread_path(&search->judgement, parent, thread);
		return path ? path : model_program(search->ties->model, parent);
	}
	return attribute_creation(&search->judgement, parent, thread->created_at,
				  thread->start_routine);
}

static bool ask_library(const struct record_thread *thread, uint32_t parent, void *data)
{
	struct library_search *search = data;
	const char *library = library_of(search, thread, parent);

	search->found = library && !ties_is_interpreter(search->ties, library) &&
			search->is_there(library, search->where);
	return !search->found;
}

static bool any_lost_library(const struct tie_search *ties,
			     bool (*is_there)(const char *library, const void *where),
			     const void *where)
{
	struct library_search search = {.ties = ties, .is_there = is_there, .where = where};
	struct arena arena;

	arena_init(&arena);
	search.judgement = (struct judgement){.model = ties->model, .arena = &arena};
	lost_each(ties->model, ties->process, ask_library, &search);
	arena_release(&arena);
	return search.found;
}

struct waiting_stack {
	const struct wait_facts *facts;
	const char *but; /* the program, where that says nothing; or NULL */
};

static bool is_on_stack(const char *library, const void *where)
{
	const struct waiting_stack *stack = where;
	const struct wait_facts *facts = stack->facts;

	if (stack->but && strcmp(stack->but, library) == 0)
		return false;
	for (size_t i = 0; i < facts->module_count; i++)
		if (strcmp(facts->modules[i], library) == 0)
			return true;
	return false;
}

/* --- the same of Python ---------------------------------------------------------- */

/* A package is a folder, and a module that stands by itself its own. What the user wrote is
 * none: threads and waits of one script need not have to do with each other. */
static size_t package_length(const char *file, size_t length)
{
	const char *slash = memrchr(file, '/', length);
	size_t folder = slash ? (size_t)(slash - file) : 0;
	bool is_library = memmem(file, length, "/site-packages/", 15) ||
			  memmem(file, length, "/dist-packages/", 15) ||
			  memmem(file, length, "/lib/python3", 12);
	const char *last = folder ? memrchr(file, '/', folder) : NULL;
	size_t name = last ? folder - (size_t)(last + 1 - file) : 0;

	if (!is_library || !folder)
		return 0;
	/* multiprocessing runs every child, and many a thread. */
	if (memmem(file, length, "/multiprocessing/", 17))
		return 0;
	if ((name == 13 && memcmp(last + 1, "site-packages", 13) == 0) ||
	    (name == 13 && memcmp(last + 1, "dist-packages", 13) == 0) ||
	    (name >= 7 && memcmp(last + 1, "python3", 7) == 0))
		return length;
	return folder;
}

struct package_search {
	const struct model *model;
	const char *file;
	size_t length; /* of the package's part */
};

static bool is_of_other_package(const struct record_thread *thread, uint32_t parent, void *data)
{
	const struct package_search *search = data;
	session_reference python =
		thread->created_python ? thread->created_python : thread->runs_python;
	const struct record_python *record = model_python(search->model, python);

	(void)parent;
	for (uint32_t i = 0; record && i < record->count; i++) {
		const struct record_python_code *code =
			model_python_code(search->model, record->frames[i].code);

		if (!code)
			return true;
		if (python_is_waiting_room(code->text, code->file_length))
			continue;
		return package_length(code->text, code->file_length) != search->length ||
		       memcmp(code->text, search->file, search->length) != 0;
	}
	return true;
}

/* Lost threads were started by the package that a file is of. */
static bool is_file_of_lost_package(const char *file, size_t length, void *data)
{
	const struct tie_search *search = data;
	struct package_search package = {search->model, file, package_length(file, length)};

	return package.length &&
	       !lost_each(search->model, search->process, is_of_other_package, &package);
}

static bool is_of_lost_package(const struct tie_search *search, const struct python_place *place)
{
	struct tie_search copy = *search;

	return is_file_of_lost_package(place->file, strlen(place->file), &copy);
}

/* Where the stack of the forking thread ended when fork() had come back; 0: not known. */
static uint64_t stack_of_fork(const struct tie_search *search)
{
	struct address_space *space = model_space(search->model, search->process->serial);
	const struct record_fork *fork = model_fork(search->model, search->process->fork);
	const struct record_stack *stack = fork ? model_stack(search->model, fork->stack) : NULL;
	struct captured_memory memory;
	struct frames frames = {0};
	struct arena arena;
	uint64_t sp;

	if (!stack || !space)
		return 0;
	arena_init(&arena);
	captured_memory_init(&memory);
	captured_memory_add(&memory, stack->address, stack->bytes, stack->length);
	frames = unwind_stack(space, &arena, &stack->registers, false, &memory.memory);
	sp = frames.count ? frames.list[0].sp : 0;
	arena_release(&arena);
	return sp;
}

/* The word lies deeper in the stack than the call of fork() that made the process. */
static bool is_made_since(const struct tie_search *search, const struct task_look *task)
{
	uint64_t word = task->arguments[0];
	uint64_t end;

	if (task->tid != search->pid || word - task->sp >= CHILD_STACK_BYTES)
		return false;
	end = stack_of_fork(search);
	return word < end && end - task->sp < CHILD_STACK_BYTES;
}

/* Of a process that the shim is not in, who used it nobody has seen. */
static bool was_in_use(const struct tie_search *search, const struct task_look *task,
		       const struct wait_facts *facts)
{
	const struct process_facts *parent = model_facts(search->model, search->process->parent);

	return !search->process->is_outside ||
	       parent_copy_is_in_use(parent ? parent->number : 0, search->pid, facts->function,
				     task->arguments[0]);
}

/*
 * Code on the stack that lost threads were made by: a library's, a Python package's, the
 * program's own. The last one is on every stack: of what the child made on its stack by itself
 * it says nothing, and of anything else little.
 */
static void tie_to_code(const struct tie_search *search, const struct task_look *task,
			const struct wait_facts *facts, const struct python_place *place,
			struct tie *tie)
{
	struct waiting_stack stack = {facts, model_program(search->model, search->process->serial)};

	if (any_lost_library(search, is_on_stack, &stack)) {
		tie->evidence = EVIDENCE_LIBRARY;
		return;
	}
	stack.but = NULL;
	tie->is_by_package = place && is_of_lost_package(search, place);
	tie->is_by_program = !tie->is_by_package && !is_made_since(search, task) &&
			     !(search->objects && ties_is_seen(facts->function)) &&
			     was_in_use(search, task, facts) &&
			     any_lost_library(search, is_on_stack, &stack);
	if (tie->is_by_package || tie->is_by_program)
		tie->evidence = EVIDENCE_LIBRARY;
}

bool ties_is_in_lost_code(const struct tie_search *search, const struct wait_facts *facts)
{
	struct waiting_stack stack = {facts, model_program(search->model, search->process->serial)};
	struct tie_search copy = *search;

	return any_lost_library(search, is_on_stack, &stack) ||
	       python_any_file(search->process, search->pid, facts->self, is_file_of_lost_package,
			       &copy);
}

/* The parent of a process that was not given to another one, by its number here; else 0. */
static pid_t living_parent(const struct tie_search *search)
{
	const struct process_facts *parent = model_facts(search->model, search->process->parent);
	pid_t number;

	if (!parent || search->process->is_outside)
		return parent ? parent->number : 0;
	number = procfs_parent(search->pid);
	return number > 0 && procfs_inner_pid(number) == parent->pid ? number : 0;
}

/* A lock of Python's that the shim saw nobody use: a PyMutex, or it is not in the process. */
static bool find_parents_lock(const struct tie_search *search, const struct task_look *task,
			      enum parent_lock *state)
{
	pid_t parent = living_parent(search);
	struct parked lock;

	if (python_find_mutex(search->process, search->pid, task, &lock)) {
		*state = parent_copy_of_mutex(parent, search->pid, &lock);
		return true;
	}
	if (!search->process->is_outside ||
	    !python_find_plain_lock(search->process, search->pid, task, &lock))
		return false;
	*state = parent_copy_of_lock(parent, search->pid, lock.lock, task->arguments[0]);
	return true;
}

/*
 * That the parent has the lock, too, and somebody there has taken it, is what the fork found; the
 * child cannot have taken it there.
 */
static struct tie tie_by_parent(enum parent_lock state, bool awaits_notice)
{
	struct tie tie = {.evidence = EVIDENCE_NONE};

	switch (state) {
	case PARENT_LOCK_NONE:
		/* To wait for a notice it makes a lock: that says nothing. */
		tie.is_own = !awaits_notice;
		break;
	case PARENT_LOCK_HELD:
		tie.evidence = EVIDENCE_TAKEN;
		break;
	case PARENT_LOCK_FREE:
		tie.evidence = awaits_notice ? EVIDENCE_TAKEN : EVIDENCE_NONE;
		break;
	case PARENT_LOCK_UNKNOWN:
		break;
	}
	return tie;
}

struct tie ties_find(const struct tie_search *search, const struct task_look *task,
		     const struct wait_facts *facts)
{
	const struct session_object *object = objects_find(search->objects, task->arguments[0]);
	enum parent_lock state = PARENT_LOCK_UNKNOWN;
	struct python_place place;
	bool runs_python;
	struct tie tie = {
		.wait = ties_open_wait(search->model, search->process, search->pid, task->tid)};

	if (tie.wait) {
		tie.evidence = EVIDENCE_HOLDER;
		return tie;
	}
	if (facts->function && strstr(facts->function, "_join") && ties_joins_lost(search, task)) {
		tie.evidence = EVIDENCE_HOLDER;
		return tie;
	}
	if (names_holder(facts->function) && !search->process->is_outside) {
		tie.held = ties_find_held(search, task);
		tie.evidence = tie.held ? EVIDENCE_HOLDER : EVIDENCE_NONE;
		tie.is_own = !tie.held;
		return tie;
	}
	if (object)
		tie = tie_to_object(search, object, facts->function);
	if (tie.evidence == EVIDENCE_NONE && has_handed(search, task->tid))
		return (struct tie){.evidence = EVIDENCE_HANDED};
	if (tie.evidence != EVIDENCE_NONE)
		return tie;
	runs_python = python_find_place(search->process, search->pid, facts->self, &place);
	/* It waits for a lock that it took itself, until another gives it back. Of one that was
	 * there before the fork only those know who were there, too. */
	if (runs_python && place.awaits_notice) {
		if (object && object->made && !(object->made & OBJECT_IN_CHILD))
			tie.evidence = EVIDENCE_TAKEN;
		tie.is_own = false;
	}
	if (runs_python && find_parents_lock(search, task, &state))
		tie = tie_by_parent(state, place.awaits_notice);
	if (tie.evidence != EVIDENCE_NONE)
		return tie;
	if (!tie.is_own)
		tie_to_code(search, task, facts, runs_python ? &place : NULL, &tie);
	return tie;
}

struct tie ties_to_work(const struct tie_search *search, const struct task_look *task,
			const struct wait_facts *facts)
{
	struct waiting_stack stack = {facts, model_program(search->model, search->process->serial)};
	struct tie tie = {.evidence = EVIDENCE_NONE};

	if (has_handed(search, task->tid))
		tie.evidence = EVIDENCE_HANDED;
	else if (any_lost_library(search, is_on_stack, &stack))
		tie.evidence = EVIDENCE_LIBRARY;
	return tie;
}

struct tie ties_to_program(const struct tie_search *search, const struct wait_facts *facts)
{
	struct waiting_stack stack = {.facts = facts};

	if (!any_lost_library(search, is_on_stack, &stack))
		return (struct tie){.evidence = EVIDENCE_NONE};
	return (struct tie){.evidence = EVIDENCE_LIBRARY, .is_by_program = true};
}

struct taker_search {
	struct judgement judgement;
	const char *library;
	uint32_t serial; /* of who took; 0: any thread */
};

static bool is_not_taker(const struct record_thread *thread, uint32_t parent, void *data)
{
	struct taker_search *search = data;

	return thread->flags & (THREAD_MAIN | THREAD_UNSEEN) ||
	       (search->serial && (thread->serial & OBJECT_SERIAL) != search->serial) ||
	       !attribute_created_through(&search->judgement, parent, thread->created_at,
					  search->library);
}

/* The library that made the call; NULL: the program, one whose code any thread is made by, or
 * nobody knows. */
static const char *innermost_library(const struct tie_search *search,
				     const struct wait_facts *facts)
{
	const char *program = model_program(search->model, search->process->serial);
	size_t i = 0;

	while (i < facts->module_count && library_is_of_libc(facts->modules[i]))
		i++;
	if (i == facts->module_count || (program && strcmp(program, facts->modules[i]) == 0) ||
	    ties_is_interpreter(search, facts->modules[i]) || is_thread_starter(facts->modules[i]))
		return NULL;
	return facts->modules[i];
}

/* A lost thread, or the one of this serial, was made by code of the library. */
static bool is_made_by(const struct tie_search *search, const char *library, uint32_t serial)
{
	struct taker_search taker = {.library = library, .serial = serial};
	struct arena arena;
	bool is_so;

	arena_init(&arena);
	taker.judgement = (struct judgement){.model = search->model, .arena = &arena};
	is_so = !lost_each(search->model, search->process, is_not_taker, &taker);
	arena_release(&arena);
	return is_so;
}

bool ties_gave_to_library(const struct tie_search *search, const struct task_look *task,
			  const struct wait_facts *facts)
{
	const char *library = innermost_library(search, facts);
	uint32_t serial = library ? serial_of(search, task->tid) : 0;

	for (uint32_t i = next_handed(search, serial, 0); i < HANDED;
	     i = next_handed(search, serial, i + 1)) {
		uint32_t taker = search->facts.handed[i].took >> OBJECT_THREAD & OBJECT_SERIAL;

		if (taker && is_made_by(search, library, taker))
			return true;
	}
	return false;
}

bool ties_waits_in_library(const struct tie_search *search, const struct wait_facts *facts)
{
	const char *library = innermost_library(search, facts);

	return library && is_made_by(search, library, 0);
}

/* --- its neighbours ------------------------------------------------------------ */

struct stack_words {
	struct address_space *space;
	size_t count;
	uint64_t words[NEIGHBOUR_BYTES / sizeof(uint64_t)];
};

/* Any word that is an address in the library's code: more may count than are frames. */
static bool is_in_words(const char *library, const void *where)
{
	const struct stack_words *stack = where;

	for (size_t i = 0; i < stack->count; i++) {
		const char *path = space_module_path(stack->space, stack->words[i]);

		if (path && strcmp(path, library) == 0)
			return true;
	}
	return false;
}

/* A thread of libc's own runs what it was asked to when its time has come. */
static bool is_all_libc(const struct stack_words *stack)
{
	for (size_t i = 0; i < stack->count; i++) {
		const char *path = space_module_path(stack->space, stack->words[i]);

		/* The shim begins every thread, and its data are where code could be. */
		if (path && !library_is_of_libc(path) && !library_is(path, "libforkcheck"))
			return false;
	}
	return true;
}

static bool is_in_interpreter(const struct tie_search *search, const struct stack_words *stack)
{
	for (size_t i = 0; i < stack->count; i++) {
		const char *path = space_module_path(stack->space, stack->words[i]);

		if (path && ties_is_interpreter(search, path))
			return true;
	}
	return false;
}

static bool is_same_library(const char *library, const void *where)
{
	return strcmp(library, where) == 0;
}

const char *ties_lost_library(const struct tie_search *search, const struct wait_facts *facts)
{
	const char *program = model_program(search->model, search->process->serial);

	for (size_t i = 0; i < facts->module_count; i++)
		if ((!program || strcmp(program, facts->modules[i]) != 0) &&
		    any_lost_library(search, is_same_library, facts->modules[i]))
			return facts->modules[i];
	return NULL;
}

/* NULL: there is no memory for it. */
static struct stack_words *read_words(const struct tie_search *search, const struct task_look *task)
{
	struct stack_words *stack = malloc(sizeof(*stack));

	if (!stack)
		return NULL;
	stack->space = model_space(search->model, search->process->serial);
	stack->count = stop_read(search->pid, task->sp, stack->words, sizeof(stack->words)) /
		       sizeof(uint64_t);
	return stack;
}

bool ties_may_be_in(const struct tie_search *search, const struct task_look *task,
		    const char *library)
{
	struct stack_words *stack = read_words(search, task);
	bool may = !stack || !stack->space || !stack->count || is_in_words(library, stack);

	free(stack);
	return may;
}

bool ties_may_serve(const struct tie_search *search, const struct task_look *task,
		    const struct tie *tie)
{
	struct stack_words *stack;
	bool may;

	/* It runs, or it is about to. */
	if (!task->in_call || task->state == 'R')
		return true;
	stack = read_words(search, task);
	if (!stack)
		return true;
	may = !stack->space || !stack->count || is_all_libc(stack) ||
	      (tie->is_by_package && is_in_interpreter(search, stack)) ||
	      any_lost_library(search, is_in_words, stack);
	free(stack);
	return may;
}
