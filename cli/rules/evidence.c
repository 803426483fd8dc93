/*
 * Unwinds and symbolizes what a finding shows, and nothing else: symbols are
 * the expensive part.
 */
#include "evidence.h"
#include "lock_kinds.h"
#include <string.h>

#define WALK_MAX 128

const char *evidence_file_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path;
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
	captured_memory_add(&memory, record->address, record->bytes, record->length);
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
	part->program = model_program(model, record->parent);
	part->serial = fork_serial(model, fork);
	part->stack = evidence_stack(judgement, record->parent, record->stack);
	part->function = record->function == FORK_FORK ? "fork" : take_libc_frames(&part->stack);
	if (thread) {
		part->tid = thread->tid;
		part->thread_name = arena_strndup(judgement->arena, thread->name,
						  strnlen(thread->name, sizeof(thread->name)));
	}
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

static const struct record_thread *find_creator(const struct model *model,
						const struct record_thread *thread)
{
	const struct model_list *threads = model_list(model, RECORD_THREAD);

	for (size_t i = 0; i < threads->count; i++) {
		const struct record_thread *other = model_thread(model, threads->references[i]);

		if (other->serial == thread->creator && other->born_in <= thread->born_in &&
		    !(other->flags & THREAD_UNSEEN))
			return other;
	}
	return NULL;
}

static void name_start_routine(struct judgement *judgement, struct holder_part *part,
			       struct address_space *space, const struct record_thread *thread,
			       uint32_t process)
{
	struct frames start;

	if (thread->flags & THREAD_MAIN) {
		part->start_routine = "main";
		part->library = evidence_file_name(model_program(judgement->model, process));
		return;
	}
	if (!thread->start_routine || !space)
		return;
	start = symbolize_code(space, judgement->arena, thread->start_routine, false);
	if (!start.count)
		return;
	/* The last frame is the function itself; what was inlined at its start stands before it. */
	part->start_routine = start.list[start.count - 1].function;
	part->library = evidence_file_name(start.list[start.count - 1].module);
}

static const char *thread_name(struct judgement *judgement, const struct record_thread *thread)
{
	size_t length = strnlen(thread->name, sizeof(thread->name));

	return length ? arena_strndup(judgement->arena, thread->name, length) : NULL;
}

void evidence_thread(struct judgement *judgement, struct holder_part *part, uint32_t process,
		     const struct record_thread *thread, int tid)
{
	const struct record_thread *creator;

	part->present = true;
	part->tid = thread ? thread->tid : tid;
	part->creator_tid = -1;
	part->held_ms = -1;
	if (!thread)
		return;
	part->name = thread_name(judgement, thread);
	name_start_routine(judgement, part, model_space(judgement->model, process), thread,
			   process);
	part->created_at = evidence_stack(judgement, process, thread->created_at);
	creator = find_creator(judgement->model, thread);
	if (creator) {
		part->creator_tid = creator->tid;
		part->creator_name = thread_name(judgement, creator);
	}
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
		captured_memory_add(memory, frozen->address, frozen->bytes, frozen->length);
}

static uint64_t end_of(const struct record_stack *stack)
{
	return stack->address + stack->length;
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
	if (now_complete && now_count > 1 &&
	    (!first_complete ||
	     unwind_call_leads_to(space, now_walk[1], now_walk[0]) == CALL_LEADS))
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
	struct stack_registers registers = {.rip = held->site, .rsp = held->site_sp};
	struct captured_memory memory;
	struct frames none = {0};

	if (!space)
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
	part->acquired_at = acquisition(judgement, process, held);
	if (held->since_ns && !(held->flags & HELD_WHILE_WAITING) &&
	    held->record.time_ns >= held->since_ns)
		part->held_ms = (double)(held->record.time_ns - held->since_ns) / 1e6;
}

const char *evidence_lock_words(struct judgement *judgement, const struct lock_part *lock)
{
	if (lock->name)
		return lock->name;
	return arena_printf(judgement->arena, "the %s at 0x%llx", lock->kind,
			    (unsigned long long)lock->address);
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
	for (; text && *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
	return (hash ^ 0xff) * 0x100000001b3u;
}

static uint64_t hash_frames(uint64_t hash, const struct frames *frames)
{
	for (size_t i = 0; i < frames->count; i++) {
		hash = hash_text(hash, frames->list[i].function);
		hash = hash_text(hash, evidence_file_name(frames->list[i].module));
	}
	return hash;
}

static const char *suppression_of(struct judgement *judgement, const struct finding *finding)
{
	const struct frames *stack =
		finding->child.stack.count ? &finding->child.stack : &finding->fork.stack;

	if (finding->lock.present && finding->lock.name)
		return arena_printf(judgement->arena, "lock:%s", finding->lock.name);
	for (size_t i = 0; i < stack->count; i++)
		if (stack->list[i].function)
			return arena_printf(judgement->arena, "function:%s",
					    stack->list[i].function);
	return arena_printf(judgement->arena, "rule:%s", finding->code);
}

void evidence_identify(struct judgement *judgement, struct finding *finding)
{
	uint64_t hash = hash_text(0xcbf29ce484222325u, finding->code);

	hash = hash_text(hash, finding->lock.kind);
	hash = hash_text(hash, finding->lock.name);
	hash = hash_text(hash, finding->holder.start_routine);
	hash = hash_frames(hash, &finding->fork.stack);
	hash = hash_frames(hash, &finding->child.stack);
	finding->fingerprint = arena_printf(judgement->arena, "%s-%016llx", finding->code,
					    (unsigned long long)hash);
	finding->suppression = suppression_of(judgement, finding);
}
