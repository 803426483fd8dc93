/*
 * Records become the parts of a finding here. What it shows is unwound and symbolized, and
 * nothing else: symbols are the expensive part.
 */
#include "evidence.h"
#include "attribution.h"
#include "base/library_names.h"
#include "fork_line.h"
#include "fork_paths.h"
#include "lock_kinds.h"
#include "python_evidence.h"
#include <string.h>

#define WALK_MAX 128

const char *evidence_file_name(const char *path)
{
	return library_file_name(path);
}

struct frames evidence_stack(struct judgement *judgement, uint32_t process, session_reference stack)
{
	const struct record_stack *record = model_stack(judgement->model, stack);
	struct address_space *space = model_space(judgement->model, process);
	struct captured_memory memory;
	struct frames frames = {0};

	if (!record || !space)
		return frames;
	captured_memory_init(&memory);
	model_add_stack(&memory, record);
	return unwind_stack(space, judgement->arena, &record->registers, false, &memory.memory);
}

/* Without our wrapper the walk begins in libc: what it calls itself there is
 * the name of the call ("fork", "forkpty", "daemon"). */
static const char *take_libc_frames(struct frames *frames)
{
	const char *module = frames->count ? frames->list[0].module : NULL;
	const char *function = NULL;

	while (frames->count > 1 && module && frames->list[0].module &&
	       strcmp(frames->list[0].module, module) == 0) {
		function = frames->list[0].function;
		frames->list++;
		frames->count--;
	}
	return function;
}

static uint64_t fork_serial(const struct model *model, session_reference fork)
{
	const struct model_list *forks = model_list(model, RECORD_FORK);

	for (size_t i = 0; i < forks->count; i++)
		if (forks->references[i] == fork)
			return i + 1;
	return 0;
}

const char *evidence_program(struct judgement *judgement, uint32_t process)
{
	const char *path = model_program(judgement->model, process);

	return path ? arena_strdup(judgement->arena, path) : NULL;
}

void evidence_fork(struct judgement *judgement, struct fork_part *part, session_reference fork,
		   const struct process_facts *child)
{
	struct model *model = judgement->model;
	const struct record_fork *record = model_fork(model, fork);
	const struct record_thread *thread;

	part->present = true;
	part->pid = part->tid = -1;
	part->child_pid = child ? child->pid : -1;
	if (!record)
		return;
	thread = model_thread(model, record->thread);
	part->pid = record->parent_pid;
	part->program = evidence_program(judgement, record->parent);
	part->serial = fork_serial(model, fork);
	part->stack = evidence_stack(judgement, record->parent, record->stack);
	part->stack.python =
		python_evidence_at(judgement, record->parent, record->python, record->stack);
	part->is_outside = record->function == FORK_OUTSIDE;
	if (record->function == FORK_ATFORK_ONLY)
		part->function = take_libc_frames(&part->stack);
	else
		fork_path_name(part, record->function);
	if (thread) {
		part->tid = thread->tid;
		part->thread_serial = thread->serial;
		part->python_name = python_evidence_name(judgement, thread);
		part->thread_name = arena_strndup(judgement->arena, thread->name,
						  strnlen(thread->name, sizeof(thread->name)));
	}
}

static const struct record_thread *forker_of(const struct model *model, session_reference fork)
{
	const struct record_fork *record = model_fork(model, fork);

	return record ? model_thread(model, record->thread) : NULL;
}

static bool is_same_thread(const struct record_thread *one, const struct record_thread *other)
{
	return one && other && one->born_in == other->born_in && one->serial == other->serial;
}

void evidence_forks(struct judgement *judgement, struct finding *finding, session_reference fork,
		    const struct process_facts *child)
{
	const struct model *model = judgement->model;
	struct fork_link link;
	bool more = child && fork_line_begin(model, &link, child->fork, child);

	while (more && link.fork != fork)
		more = fork_line_next(model, &link);
	evidence_fork(judgement, &finding->fork, fork, more ? link.child : child);
	if (!more || !link.steps)
		return;
	evidence_fork(judgement, &finding->last_fork, child->fork, child);
	finding->last_fork.is_by_same_thread =
		is_same_thread(forker_of(model, fork), forker_of(model, child->fork));
	finding->forks_between = (uint64_t)link.steps - 1;
}

void evidence_lock(struct judgement *judgement, struct lock_part *part, uint32_t process,
		   uint64_t address, uint32_t kind, const uint8_t *state, size_t state_length,
		   session_reference initialised)
{
	const struct lock_kind_facts *facts = lock_kind_facts(kind);
	struct address_space *space = model_space(judgement->model, process);

	part->present = true;
	part->kind = facts->name;
	part->address = address;
	part->attributes = facts->attributes(judgement->arena, state, state_length);
	if (space) {
		struct data_symbol symbol = symbolize_data(space, judgement->arena, address);

		part->name = symbol.name;
		part->module = symbol.module;
		part->offset = symbol.offset;
	}
	part->initialised_at = evidence_stack(judgement, process, initialised);
}

static const struct record_thread *with_serial(const struct model *model, uint32_t serial,
					       const struct record_lost *lost)
{
	for (uint32_t i = 0; lost && i < lost->count; i++) {
		const struct record_thread *thread = model_thread(model, lost->threads[i]);

		if (thread && thread->serial == serial && !(thread->flags & THREAD_UNSEEN))
			return thread;
	}
	return NULL;
}

/* As a fork of that process knew it: by the id that it has there. */
static const struct record_thread *find_at_forks(const struct model *model, uint32_t process,
						 uint32_t serial)
{
	const struct model_list *forks = model_list(model, RECORD_FORK);
	const struct record_thread *found = NULL;

	for (size_t i = 0; i < forks->count && !found; i++) {
		session_reference fork = forks->references[i];
		const struct record_thread *forker = forker_of(model, fork);

		if (model_fork(model, fork)->parent != process)
			continue;
		found = forker && forker->serial == serial
				? forker
				: with_serial(
					  model, serial,
					  model_lost(model, reader_fork_lost(model->reader, fork)));
	}
	return found;
}

/* Serials are those of one program, and go on in its fork children. A thread that forks has
 * another id in the child. */
static const struct record_thread *find_by_serial(const struct model *model, uint32_t process,
						  uint32_t serial)
{
	const struct model_list *threads = model_list(model, RECORD_THREAD);

	for (size_t i = 0; i < threads->count; i++) {
		const struct record_thread *thread = model_thread(model, threads->references[i]);

		if (thread->serial == serial && !(thread->flags & THREAD_UNSEEN) &&
		    fork_line_leads_from(model, thread->born_in, process))
			return thread;
	}
	return NULL;
}

static const char *thread_name(struct judgement *judgement, const struct record_thread *thread)
{
	const char *name = model_unseen(judgement->model, thread)->name;
	size_t length = strnlen(name, sizeof(thread->name));

	return length ? arena_strndup(judgement->arena, name, length) : NULL;
}

static void name_creator(struct judgement *judgement, struct holder_part *part,
			 const struct record_thread *thread)
{
	const struct model *model = judgement->model;
	const struct record_thread *creator;

	if (!thread->creator)
		return;
	part->creator_serial = thread->creator;
	creator = find_at_forks(model, thread->born_in, thread->creator);
	if (creator) {
		part->creator_tid = creator->tid;
	} else {
		creator = find_by_serial(model, thread->born_in, thread->creator);
		if (creator && creator->born_in == thread->born_in)
			part->creator_tid = creator->tid;
	}
	if (creator)
		part->creator_name = thread_name(judgement, creator);
}

static void name_start_routine(struct judgement *judgement, struct holder_part *part,
			       struct address_space *space, const struct record_thread *thread)
{
	struct frames start;
	uint64_t address;

	if (thread->flags & THREAD_MAIN) {
		part->start_routine = "main";
		return;
	}
	address = model_unseen(judgement->model, thread)->start_routine;
	if (!address || !space)
		return;
	start = symbolize_code(space, judgement->arena, address, false);
	if (!start.count)
		return;
	/* The last frame is the function itself; what was inlined at its start stands before it. */
	part->start_routine = start.list[start.count - 1].function;
}

void evidence_thread(struct judgement *judgement, struct holder_part *part, uint32_t process,
		     const struct record_thread *thread, int tid)
{
	part->present = true;
	part->tid = thread ? thread->tid : tid;
	part->creator_tid = -1;
	part->held_ms = -1;
	if (!thread)
		return;
	part->name = thread_name(judgement, thread);
	part->python_name = python_evidence_name(judgement, thread);
	name_start_routine(judgement, part, model_space(judgement->model, process), thread);
	part->library = attribute_thread(judgement, process, thread);
	part->created_at = evidence_stack(judgement, process, thread->created_at);
	part->created_at.python = python_evidence(judgement, process, thread->created_python, 0);
	name_creator(judgement, part, thread);
}

struct frames evidence_task(struct judgement *judgement, uint32_t process, int tid)
{
	const struct model_list *list = model_list(judgement->model, RECORD_TASK);
	struct frames stack = {0};

	for (size_t i = list->count; i-- > 0;) {
		const struct record_task *task = model_task(judgement->model, list->references[i]);

		if (task->serial != process || task->tid != tid || !task->stack)
			continue;
		stack = evidence_stack(judgement, process, task->stack);
		stack.python = python_evidence_at(judgement, process, task->python, task->stack);
		origins_mark(&judgement->origins, judgement->arena, &stack);
		break;
	}
	return stack;
}

/* Memory for walking from an acquisition: the first-seen inside, the rest frozen at the clone. */
static void build_memory(struct captured_memory *memory, const struct record_stack *snapshot,
			 uint64_t snapshot_end, const struct record_stack *frozen)
{
	captured_memory_init(memory);
	if (snapshot && snapshot_end > snapshot->address)
		captured_memory_add(memory, snapshot->address, snapshot->bytes,
				    snapshot_end - snapshot->address);
	if (frozen)
		model_add_stack(memory, frozen);
}

static uint64_t end_of(const struct record_stack *stack)
{
	return stack->address + stack->length;
}

/* Where two walks part, the second can be what was left of returned calls, partly
 * overwritten: an address in no file, or a call that leads elsewhere. */
static bool parts_well(struct address_space *space, const uint64_t *walk, size_t count,
		       const uint64_t *other, size_t other_count)
{
	size_t at = 0;

	while (at < count && at < other_count && walk[at] == other[at])
		at++;
	return at == 0 || at >= count ||
	       (space_module_path(space, walk[at]) &&
		unwind_call_leads_to(space, walk[at], walk[at - 1]) != CALL_DIFFERS);
}

/*
 * A lock is often taken by a function that has returned since: then the frozen
 * stack is overwritten where that function's frame was, and the copy from the
 * acquisition is right. If the function has not returned, the frozen stack is
 * right, and the copy may be of an earlier pass by another way. They differ in
 * the return address of the function at the call site; a call instruction that
 * leads to that function decides.
 */
static struct frames acquisition_with_snapshot(struct judgement *judgement,
					       struct address_space *space,
					       const struct record_held *held,
					       const struct record_stack *snapshot,
					       const struct record_stack *frozen)
{
	struct captured_memory first_seen, now;
	uint64_t first_walk[WALK_MAX], now_walk[WALK_MAX];
	bool first_complete = false, now_complete = false;
	size_t first_count, now_count;
	struct frames frames;

	build_memory(&first_seen, snapshot, end_of(snapshot), frozen);
	build_memory(&now, snapshot,
		     held->site_sp < end_of(snapshot) ? held->site_sp : end_of(snapshot), frozen);
	first_count = unwind_addresses(space, &snapshot->registers, &first_seen.memory, first_walk,
				       WALK_MAX, &first_complete);
	now_count = unwind_addresses(space, &snapshot->registers, &now.memory, now_walk, WALK_MAX,
				     &now_complete);
	if (first_count == now_count &&
	    memcmp(first_walk, now_walk, now_count * sizeof(*now_walk)) == 0)
		return unwind_stack(space, judgement->arena, &snapshot->registers, false,
				    &now.memory);
	/* The handler that took it has returned: what is left of its stack is nobody's. */
	if (now_complete && now_count > 1 && !(first_complete && held->flags & HELD_KEPT) &&
	    (!first_complete ||
	     (unwind_call_leads_to(space, now_walk[1], now_walk[0]) == CALL_LEADS &&
	      parts_well(space, now_walk, now_count, first_walk, first_count))))
		return unwind_stack(space, judgement->arena, &snapshot->registers, false,
				    &now.memory);
	frames = unwind_stack(space, judgement->arena, &snapshot->registers, false,
			      &first_seen.memory);
	frames.first_seen = true;
	return frames;
}

static struct frames acquisition(struct judgement *judgement, uint32_t process,
				 const struct record_held *held)
{
	struct address_space *space = model_space(judgement->model, process);
	const struct record_stack *snapshot = model_stack(judgement->model, held->acquired);
	const struct record_stack *frozen = model_stack(judgement->model, held->frozen);
	struct stack_registers registers = {.pc = held->site, .sp = held->site_sp};
	struct captured_memory memory;
	struct frames none = {0};

	/* Nobody saw it: the lock's own bytes say that the thread has it. */
	if (!space || (!snapshot && !frozen && !held->site))
		return none;
	if (snapshot)
		return acquisition_with_snapshot(judgement, space, held, snapshot, frozen);
	build_memory(&memory, NULL, 0, frozen);
	return unwind_stack(space, judgement->arena, &registers, true, &memory.memory);
}

void evidence_holder(struct judgement *judgement, struct holder_part *part, uint32_t process,
		     const struct record_held *held)
{
	const struct record_thread *thread = model_thread(judgement->model, held->thread);

	evidence_thread(judgement, part, process, thread, -1);
	part->is_forker = held->flags & HELD_BY_FORKER;
	part->taken_by_handler = held->flags & HELD_FROM_HANDLER;
	part->in_window = held->flags & HELD_IN_WINDOW;
	part->acquired_at = acquisition(judgement, process, held);
	part->acquired_at.python = python_evidence(judgement, process, held->python, held->site_sp);
	if (held->since_ns && !(held->flags & HELD_WHILE_WAITING) &&
	    held->record.time_ns >= held->since_ns)
		part->held_ms = (double)(held->record.time_ns - held->since_ns) / 1e6;
	part->held_at_most = held->since_ns & 1;
}

static bool same_module(const struct frame *one, const struct frame *other)
{
	return one->module && other->module && strcmp(one->module, other->module) == 0;
}

/*
 * The frames that the program's call led into: all of libc's, or those of a
 * library that has no names for them. 0: the innermost frame speaks for itself.
 */
static size_t count_called_frames(const struct frames *stack)
{
	size_t count = 0;

	while (count < stack->count && library_is_libc(stack->list[count].module))
		count++;
	if (count)
		return count;
	while (count < stack->count && !stack->list[count].function &&
	       same_module(&stack->list[count], &stack->list[0]))
		count++;
	/* The first name belongs to the same library: that is its way in. */
	if (count < stack->count && same_module(&stack->list[count], &stack->list[0]))
		return 0;
	return count;
}

static void insert_frame(struct arena *arena, struct frames *stack, size_t place,
			 struct frame frame)
{
	struct frame *list = arena_array(arena, stack->count + 1, sizeof(*list));

	memcpy(list, stack->list, place * sizeof(*list));
	list[place] = frame;
	memcpy(&list[place + 1], &stack->list[place], (stack->count - place) * sizeof(*list));
	stack->list = list;
	stack->count++;
}

/*
 * What the caller of the innermost `inner` frames called, if that is the function
 * that they are in. Another (std::condition_variable::wait) that went on there by
 * a jump gets the frame that it has left out. NULL: their own names speak for them.
 */
static const char *function_entered(struct judgement *judgement, uint32_t process,
				    struct frames *stack, size_t inner)
{
	struct address_space *space = model_space(judgement->model, process);
	struct frame *last = inner ? &stack->list[inner - 1] : NULL;
	struct frame through;
	uint64_t site;

	if (!space || !last || inner >= stack->count)
		return NULL;
	site = stack->list[inner].pc;
	if (!unwind_jumped_through(space, judgement->arena, site, last->pc, &through))
		return unwind_called_function(space, judgement->arena, site);
	through.sp = last->sp;
	insert_frame(judgement->arena, stack, inner, through);
	return NULL;
}

/*
 * Who makes system calls by their number is most often a library of a language: what the
 * program called there ("std::sync::Condvar::wait") says more. Without one, who made the call.
 */
static const char *behind_syscall(struct judgement *judgement, struct frames *stack, size_t inner)
{
	const char *function = NULL;

	origins_mark(&judgement->origins, judgement->arena, stack);
	for (size_t i = inner; i < stack->count; i++) {
		const struct frame *frame = &stack->list[i];
		bool is_runtimes = frame->origin->kind == ORIGIN_RUNTIME;

		if (frame->function && (is_runtimes || !function))
			function = frame->function;
		if (!is_runtimes)
			break;
	}
	return function;
}

/*
 * The function that a live stack is stuck in, as it was called ("sem_wait",
 * "GOMP_parallel"): libc gets there by jumps, and inner functions have no names
 * for most people. Else the innermost function with a name.
 */
const char *evidence_waiting_in(struct judgement *judgement, uint32_t process, struct frames *stack)
{
	size_t inner = count_called_frames(stack);
	const char *function = function_entered(judgement, process, stack, inner), *caller;

	if (function)
		stack->list[inner - 1].function = function;
	for (size_t i = inner; i-- > 0 && !function;)
		function = stack->list[i].function;
	for (size_t i = 0; i < stack->count && !function; i++)
		function = stack->list[i].function;
	caller = function && strcmp(function, "syscall") == 0
			 ? behind_syscall(judgement, stack, inner)
			 : NULL;
	return caller ? caller : function;
}

void evidence_hang(struct judgement *judgement, struct child_part *part,
		   const struct record_hang *hang)
{
	const struct process_facts *facts = model_facts(judgement->model, hang->serial);

	part->present = true;
	part->pid = hang->pid;
	part->tid = hang->tid;
	part->stack = evidence_stack(judgement, hang->serial, hang->stack);
	part->stack.python = python_evidence_at(judgement, hang->serial, hang->python, hang->stack);
	part->waiting_in = evidence_waiting_in(judgement, hang->serial, &part->stack);
	/* Of one that was attached to, it is not known when it came there. */
	part->after_ms = facts && facts->kind == BIRTH_CHILD && !facts->is_outside &&
					 hang->since_ns >= facts->birth_ns
				 ? (double)(hang->since_ns - facts->birth_ns) / 1e6
				 : -1;
}

const char *evidence_lock_words(struct judgement *judgement, const struct lock_part *lock)
{
	if (lock->name)
		return lock->name;
	if (lock->user)
		return arena_printf(judgement->arena, "the %s that %s uses", lock->kind,
				    lock->user);
	return arena_printf(judgement->arena, "the %s at 0x%llx", lock->kind,
			    (unsigned long long)lock->address);
}

bool evidence_is_at_exit(const struct frames *stack)
{
	static const char *const exits[] = {"exit", "__run_exit_handlers", "Py_FinalizeEx"};

	for (size_t i = 0; i < stack->count; i++)
		for (size_t k = 0; k < sizeof(exits) / sizeof(exits[0]); k++)
			if (stack->list[i].function &&
			    strcmp(stack->list[i].function, exits[k]) == 0)
				return true;
	return false;
}
