/*
 * A hook of os.register_at_fork() that waits is found by the stack of its thread, which is
 * read from the outside; nobody is stopped.
 */
#include "fork_hook.h"
#include "hangs/identify/frame_base.h"
#include "hangs/identify/interpreter_symbols.h"
#include "process/stop.h"
#include <stdlib.h>
#include <string.h>

#define STACK_BYTES 32768
/* Of PyOS_BeforeFork(): 60 to 170 were seen. */
#define FUNCTION_BYTES 1024

struct hook_search {
	const struct turn *turn;
	const struct watched *watched;
	const struct task_look *task;
	size_t length;
	uint64_t words[STACK_BYTES / sizeof(uint64_t)];
};

/* Cheap, and more than are frames. */
static bool returns_into(const struct hook_search *search, uint64_t function)
{
	for (size_t i = 0; i < search->length / sizeof(*search->words); i++)
		if (search->words[i] - function < FUNCTION_BYTES)
			return true;
	return false;
}

static bool is_hook(const struct frames *stack)
{
	for (size_t i = 0; i < stack->count; i++)
		if (stack->list[i].function &&
		    strcmp(stack->list[i].function, "PyOS_BeforeFork") == 0)
			return true;
	return false;
}

static bool stack_shows_hook(const struct hook_search *search)
{
	struct address_space *space = model_space(search->turn->model, search->watched->serial);
	struct stack_registers registers = {.pc = search->task->pc, .sp = search->task->sp};
	struct captured_memory memory;
	struct frames stack;
	struct arena arena;
	bool shows;

	if (!space)
		return false;
	frame_base_find(space, search->watched->pid, &registers);
	captured_memory_init(&memory);
	captured_memory_add(&memory, registers.sp, (const uint8_t *)search->words, search->length);
	arena_init(&arena);
	stack = unwind_stack(space, &arena, &registers, false, &memory.memory);
	shows = is_hook(&stack);
	arena_release(&arena);
	return shows;
}

static bool fork_hook_ask(const struct turn *turn, struct watched *watched,
			  const struct task_look *task, uint64_t function)
{
	struct hook_search *search = malloc(sizeof(*search));
	bool is_in_hook;

	if (!search)
		return false;
	search->turn = turn;
	search->watched = watched;
	search->task = task;
	search->length = stop_read(watched->pid, task->sp, search->words, STACK_BYTES) & ~(size_t)7;
	is_in_hook = returns_into(search, function);
	if (is_in_hook) {
		proof_name_modules(turn, watched);
		is_in_hook = stack_shows_hook(search);
	}
	free(search);
	return is_in_hook;
}

pid_t fork_hook_find(const struct turn *turn, struct watched *watched)
{
	const struct process_facts *process = model_facts(turn->model, watched->serial);
	struct python_interpreter interpreter;
	struct task_look task;

	if (!process || !procfs_quick_check(watched->pid, &task) || !procfs_is_futex_wait(&task)) {
		watched->hook.is_seen = false;
		return 0;
	}
	if (!watched->hook.is_seen || !procfs_same_place(&watched->hook.place, &task)) {
		watched->hook.is_seen = true;
		watched->hook.is_asked = false;
		watched->hook.place = task;
		return 0;
	}
	if (!watched->hook.is_asked)
		watched->hook.is_in = python_interpreter_of(process, watched->pid, &interpreter) &&
				      interpreter.before_fork &&
				      fork_hook_ask(turn, watched, &task, interpreter.before_fork);
	watched->hook.is_asked = true;
	return watched->hook.is_in ? watched->pid : 0;
}
