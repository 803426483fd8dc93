/*
 * BLOCKED records become the chain of who keeps a fork() from returning. The model is read,
 * and what the finding shows is unwound.
 */
#include "fork_blockers.h"
#include "base/library_names.h"
#include "evidence.h"
#include "lock_kinds.h"
#include "object_evidence.h"
#include "python_evidence.h"
#include <string.h>

/* The chain is at most as long as the watch follows it. */
#define LENGTH_MAX 16

/* --- the stack of the forking thread ----------------------------------------------- */

/* As libc calls itself, with its symbols or without: those of its table for others. */
static bool fork_blockers_is_fork(const struct frame *frame)
{
	static const char *const names[] = {"fork",    "__fork", "__libc_fork",
					    "forkpty", "daemon", "vfork"};

	for (size_t i = 0; frame->function && i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(frame->function, names[i]) == 0)
			return library_is_libc(frame->module);
	return false;
}

/* libc calls main() from here, and below it is only the program's own _start. */
static bool is_start_up(const struct frame *frame)
{
	return frame->function && strncmp(frame->function, "__libc_start", 12) == 0;
}

/* Hooks are run by it, and fork() is called when it has returned. */
static bool is_hooks(const struct frame *frame)
{
	return frame->function && strcmp(frame->function, "PyOS_BeforeFork") == 0;
}

static size_t find_hooks(const struct frames *stack, size_t end)
{
	size_t at = 0;

	while (at < end && !is_hooks(&stack->list[at]))
		at++;
	return at;
}

/* Of the Python frames, those that are deeper in the stack are the hook's. */
static void split_python(struct judgement *judgement, const struct frames *stack, size_t hooks,
			 struct fork_stack *split)
{
	const struct python_frames *python = stack->python;
	struct python_frames *caller;
	size_t count = 0;

	if (!python)
		return;
	while (count < python->count && python->list[count].sp &&
	       python->list[count].sp < stack->list[hooks].sp)
		count++;
	split->hook = count ? &python->list[count - 1] : NULL;
	caller = arena_zalloc(judgement->arena, sizeof(*caller));
	*caller = *python;
	caller->list += count;
	caller->count -= count;
	split->caller.python = caller;
}

static size_t find_signal(const struct frames *stack, size_t from)
{
	while (from < stack->count && !stack->list[from].is_signal)
		from++;
	return from;
}

/* The end of a run of libc's frames. */
static size_t skip_libc(const struct frames *stack, size_t at, size_t end)
{
	while (at < end && library_is_libc(stack->list[at].module))
		at++;
	return at;
}

/* Of libc's frames that come for the second time, where none is named fork(). */
static size_t find_second_run(const struct frames *stack, size_t end)
{
	size_t at = skip_libc(stack, 0, end);

	while (at < end && !library_is_libc(stack->list[at].module))
		at++;
	for (size_t i = at; i < end && library_is_libc(stack->list[i].module); i++)
		if (is_start_up(&stack->list[i]))
			return end;
	return at;
}

static size_t fork_blockers_find_fork(const struct frames *stack, size_t end)
{
	for (size_t i = 0; i < end; i++)
		if (fork_blockers_is_fork(&stack->list[i]))
			return i;
	return find_second_run(stack, end);
}

static const struct frame *fork_blockers_find_handler(const struct frames *stack, size_t fork)
{
	for (size_t i = fork; i-- > 0;)
		if (!library_is_libc(stack->list[i].module))
			return &stack->list[i];
	return NULL;
}

static struct frames part_of(const struct frames *stack, size_t from)
{
	struct frames part = *stack;

	part.list += from;
	part.count -= from;
	return part;
}

static const char *interrupted_function(struct judgement *judgement, uint32_t process,
					const struct frames *stack)
{
	struct address_space *space = model_space(judgement->model, process);
	size_t end = skip_libc(stack, 0, stack->count);
	const char *called = NULL;

	if (!end)
		return stack->count ? stack->list[0].function : NULL;
	if (space && end < stack->count)
		called = unwind_called_function(space, judgement->arena, stack->list[end].pc);
	return called ? called : stack->list[end - 1].function;
}

static void split_signal(struct judgement *judgement, uint32_t process, const struct frames *stack,
			 struct fork_stack *split, size_t fork)
{
	size_t signal = find_signal(stack, fork);

	if (signal == stack->count)
		return;
	split->interrupted_stack = part_of(stack, signal + 1);
	split->interrupted = interrupted_function(judgement, process, &split->interrupted_stack);
	for (size_t i = signal; i-- > fork && !split->signal_handler;)
		if (!library_is_libc(stack->list[i].module))
			split->signal_handler = &stack->list[i];
}

struct fork_stack fork_stack_split(struct judgement *judgement, uint32_t process,
				   const struct frames *stack)
{
	struct fork_stack split = {.caller = *stack};
	size_t end = find_signal(stack, 0), fork, after, hooks = find_hooks(stack, end);

	if (hooks < end) {
		split.caller = part_of(stack, hooks + 1);
		split_python(judgement, stack, hooks, &split);
		return split;
	}
	fork = fork_blockers_find_fork(stack, end);
	if (fork == end) {
		split_signal(judgement, process, stack, &split, 0);
		return split;
	}
	split.handler = fork_blockers_find_handler(stack, fork);
	after = skip_libc(stack, fork, end);
	/* Nothing but libc's start-up code below: this was no handler's stack. */
	if (after == stack->count)
		split.handler = NULL;
	else
		split.caller = part_of(stack, after);
	split_signal(judgement, process, stack, &split, after);
	return split;
}

/* --- one lock ---------------------------------------------------------------------- */

static const char *fork_blockers_stream_name(struct judgement *judgement, int descriptor)
{
	static const char *const standard[] = {"stdin", "stdout", "stderr"};

	if (descriptor >= 0 && descriptor < 3)
		return standard[descriptor];
	return descriptor < 0 ? "a stream"
			      : arena_printf(judgement->arena, "descriptor %d", descriptor);
}

/* What libc's own locks are called does not depend on its symbols. */
static void fork_blockers_describe_lock(struct judgement *judgement,
					const struct record_blocked *blocked,
					struct lock_part *lock)
{
	evidence_lock(judgement, lock, blocked->serial, blocked->lock, blocked->kind,
		      blocked->state, blocked->state_length, 0);
	if (blocked->kind == LOCK_STREAMS)
		lock->name = "list of streams";
	else if (blocked->kind == LOCK_ALLOCATOR)
		lock->name = "malloc";
	else if (blocked->kind == LOCK_STREAM)
		lock->name = fork_blockers_stream_name(judgement, blocked->descriptor);
}

/* For use in a sentence; NULL: not known. */
static const char *lock_words(struct judgement *judgement, const struct record_blocked *blocked)
{
	struct lock_part lock = {0};

	switch (blocked->kind) {
	case 0:
		return NULL;
	case LOCK_STREAMS:
		return "libc's lock of the list of streams";
	case LOCK_ALLOCATOR:
		return "malloc's lock";
	case LOCK_STREAM:
		return arena_printf(judgement->arena, "the stream %s%s",
				    blocked->descriptor > 2 ? "of " : "",
				    fork_blockers_stream_name(judgement, blocked->descriptor));
	case LOCK_THREAD:
		return arena_printf(judgement->arena, "the end of thread %d", blocked->holder);
	default:
		fork_blockers_describe_lock(judgement, blocked, &lock);
		/* An interpreter makes its locks of them. */
		if (blocked->kind == LOCK_SEMAPHORE && blocked->python && !lock.name)
			return arena_printf(judgement->arena, "the Python lock at 0x%llx",
					    (unsigned long long)blocked->lock);
		return evidence_lock_words(judgement, &lock);
	}
}

/* --- its holder -------------------------------------------------------------------- */

/* Its latest record has its latest name. */
static session_reference fork_blockers_find_thread(const struct model *model, uint32_t process,
						   int32_t tid)
{
	const struct model_list *threads = model_list(model, RECORD_THREAD);

	for (size_t i = threads->count; i-- > 0;) {
		const struct record_thread *thread = model_thread(model, threads->references[i]);

		if (thread->record.process == process && thread->tid == tid)
			return threads->references[i];
	}
	return 0;
}

/* The record of the holder: the next one, or one of those before. */
static const struct record_blocked *record_of_holder(const struct model *model,
						     const struct record_hang *hang,
						     const struct record_blocked *blocked)
{
	const struct record_blocked *record = model_blocked(model, hang->about);

	for (int i = 0; record && i < LENGTH_MAX; i++) {
		if (record->tid == blocked->holder)
			return record;
		record = model_blocked(model, record->next);
	}
	return NULL;
}

/* The acquisition, as the rules know it of a lock that was held at a fork. */
static struct record_held held_of(const struct model *model, const struct record_blocked *blocked,
				  const struct record_blocked *holder)
{
	return (struct record_held){
		.record = {.process = blocked->serial, .time_ns = blocked->record.time_ns},
		.thread = fork_blockers_find_thread(model, blocked->serial, blocked->holder),
		.lock = blocked->lock,
		.kind = blocked->kind,
		.flags = blocked->held_flags,
		.site = blocked->site,
		.site_sp = blocked->site_sp,
		.since_ns = blocked->since_ns,
		.acquired = blocked->acquired,
		.frozen = holder ? holder->stack : 0,
		.python = holder ? holder->python : 0,
	};
}

/* What libc's functions take for the time of a call has no line of its own. */
static bool is_of_call(uint32_t kind)
{
	return kind == LOCK_STREAMS || kind == LOCK_STREAM || kind == LOCK_ALLOCATOR;
}

static struct frames fork_blockers_stack_of(struct judgement *judgement,
					    const struct record_blocked *blocked)
{
	struct frames stack = evidence_stack(judgement, blocked->serial, blocked->stack);

	stack.python =
		python_evidence_at(judgement, blocked->serial, blocked->python, blocked->stack);
	return stack;
}

static void fill_call(struct judgement *judgement, struct finding *finding,
		      const struct record_blocked *holder, const struct fork_stack *split)
{
	struct holder_part *part = &finding->holder;

	if (!holder)
		return;
	if (part->is_forker) {
		part->acquired_at = split->interrupted_stack;
		part->inside = split->interrupted;
		return;
	}
	part->acquired_at = fork_blockers_stack_of(judgement, holder);
	part->inside = evidence_waiting_in(judgement, holder->serial, &part->acquired_at);
}

static void fill_holder(struct judgement *judgement, struct finding *finding,
			const struct record_hang *hang, const struct record_blocked *blocked,
			const struct fork_stack *split)
{
	const struct record_blocked *holder = record_of_holder(judgement->model, hang, blocked);
	struct record_held held = held_of(judgement->model, blocked, holder);

	if (blocked->site)
		evidence_holder(judgement, &finding->holder, blocked->serial, &held);
	else
		evidence_thread(judgement, &finding->holder, blocked->serial,
				model_thread(judgement->model, held.thread), blocked->holder);
	finding->holder.tid = blocked->holder;
	finding->holder.is_forker = blocked->holder == hang->tid;
	if (is_of_call(blocked->kind))
		fill_call(judgement, finding, holder, split);
	else if (finding->holder.is_forker && !finding->holder.acquired_at.count)
		finding->holder.acquired_at = split->interrupted_stack;
}

/* --- the rest of the chain ---------------------------------------------------------- */

static void fork_blockers_name_thread(struct judgement *judgement, struct blocked_part *part,
				      uint32_t process)
{
	const struct record_thread *thread = model_thread(
		judgement->model, fork_blockers_find_thread(judgement->model, process, part->tid));

	if (!thread)
		return;
	part->python_name = python_evidence_name(judgement, thread);
	part->name = arena_strndup(judgement->arena, thread->name,
				   strnlen(thread->name, sizeof(thread->name)));
}

static void add_blocked(struct judgement *judgement, struct finding *finding,
			const struct record_hang *hang, const struct record_blocked *blocked)
{
	struct blocked_part *part = &finding->blocked[finding->blocked_count++];
	struct record_held held = held_of(judgement->model, blocked,
					  record_of_holder(judgement->model, hang, blocked));
	struct holder_part holder = {0};

	*part = (struct blocked_part){
		.tid = blocked->tid,
		.waits_for = lock_words(judgement, blocked),
		.held_by = blocked->holder ? blocked->holder : -1,
		.held_by_handler = blocked->held_flags & HELD_FROM_HANDLER,
		.stack = fork_blockers_stack_of(judgement, blocked),
	};
	part->waiting_in = evidence_waiting_in(judgement, blocked->serial, &part->stack);
	if (blocked->site) {
		evidence_holder(judgement, &holder, blocked->serial, &held);
		part->acquired_at = holder.acquired_at;
	}
	fork_blockers_name_thread(judgement, part, blocked->serial);
}

static void fill_blocked(struct judgement *judgement, struct finding *finding,
			 const struct record_hang *hang, const struct record_blocked *first,
			 struct fork_blockers *blockers)
{
	const struct record_blocked *blocked = model_blocked(judgement->model, first->next);

	finding->blocked = arena_array(judgement->arena, LENGTH_MAX, sizeof(*finding->blocked));
	while (blocked && finding->blocked_count < LENGTH_MAX) {
		add_blocked(judgement, finding, hang, blocked);
		blockers->last_kind = blocked->kind;
		blocked = model_blocked(judgement->model, blocked->next);
	}
}

/* What was taken farther out in the stack than the signal came, or by a call that it interrupted.
 */
static bool is_interrupteds(const struct record_blocked *blocked, const struct fork_stack *split)
{
	const struct frames *interrupted = &split->interrupted_stack;

	return interrupted->count && !(blocked->held_flags & HELD_FROM_HANDLER) &&
	       (!blocked->site || blocked->site_sp >= interrupted->list[0].sp);
}

static enum blocked_cause cause_of(const struct finding *finding, const struct record_hang *hang,
				   const struct record_blocked *first,
				   const struct fork_stack *split)
{
	const struct blocked_part *last =
		finding->blocked_count ? &finding->blocked[finding->blocked_count - 1] : NULL;

	if (!first->holder)
		return BLOCKED_UNKNOWN;
	if (first->holder == hang->tid)
		return is_interrupteds(first, split) ? BLOCKED_INTERRUPTED : BLOCKED_ITSELF;
	if (!last || last->held_by != hang->tid)
		return BLOCKED_BY_OTHER;
	return last->held_by_handler ? BLOCKED_ORDER : BLOCKED_BY_HELD;
}

struct fork_blockers fork_blockers_fill(struct judgement *judgement, struct finding *finding,
					const struct record_hang *hang,
					const struct fork_stack *split)
{
	const struct record_blocked *first = model_blocked(judgement->model, hang->about);
	struct fork_blockers blockers = {.cause = BLOCKED_UNKNOWN};

	if (!first || !first->kind)
		return blockers;
	blockers.kind = first->kind;
	blockers.tries = first->flags & BLOCKED_TRIES;
	blockers.what = lock_words(judgement, first);
	if (first->kind == LOCK_SEMAPHORE && !split->hook)
		object_evidence(judgement, finding, hang, hang->fork);
	if (first->kind != LOCK_THREAD)
		fork_blockers_describe_lock(judgement, first, &finding->lock);
	if (first->holder && first->kind != LOCK_SEMAPHORE && first->kind != LOCK_THREAD)
		fill_holder(judgement, finding, hang, first, split);
	fill_blocked(judgement, finding, hang, first, &blockers);
	blockers.cause = cause_of(finding, hang, first, split);
	if (finding->blocked_count)
		blockers.other = finding->blocked[blockers.cause == BLOCKED_BY_OTHER
							  ? 0
							  : finding->blocked_count - 1]
					 .waits_for;
	return blockers;
}
