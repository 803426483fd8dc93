/*
 * sem_wait() is none of these, nor is a futex by syscall() in code that is not known:
 * they return EINTR, and the caller may take that for the end of the wait. ctypes may
 * call them for a program in Python.
 */
#include "deaf.h"
#include "../library_names.h"
#include "../unwind/unwind.h"
#include "stop.h"
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#define TASKS_DEAF  16
#define STACK_BYTES 8192

/* POSIX: they shall not return EINTR. glibc's futex waits inside of them go on. */
static const char *const libc_functions[] = {
	"pthread_barrier_wait", "pthread_cond_wait",     "pthread_join",
	"pthread_mutex_lock",   "pthread_rwlock_rdlock", "pthread_rwlock_wrlock",
};

/* By an instruction of their own: loops around a word that another thread changes. */
static const char *const libraries[] = {"libgomp"};

/*
 * Callers of syscall(): Rust's standard library, whose only futex wait is such a loop
 * (Rust 1.57 and later, in modules whose names change: std::sys::unix::futex,
 * std::sys::pal::unix::futex, std::sys_common::thread_parking::futex).
 */
static const char *const callers[] = {"std::sys*futex*", "<std::sys*futex*"};

struct held_task {
	struct stack_registers registers;
	size_t length;
	uint8_t bytes[STACK_BYTES];
};

static bool is_among(const char *name, const char *const *patterns, size_t count)
{
	for (size_t i = 0; name && i < count; i++)
		if (fnmatch(patterns[i], name, 0) == 0)
			return true;
	return false;
}

#define IS_AMONG(name, patterns) is_among(name, patterns, sizeof(patterns) / sizeof(*(patterns)))

/* An optimized build has it inlined in any function. Where no line table says so, the
 * mangling tells that the function is Rust's. */
static bool is_std_of_rust(struct address_space *space, const struct frame *caller)
{
	return IS_AMONG(caller->function, callers) ||
	       (!caller->file && unwind_is_rust(space, caller->pc));
}

static bool waits_again(struct address_space *space, struct arena *arena,
			const struct frames *stack)
{
	size_t inner = 0;
	const char *called;

	while (inner < stack->count && library_is_libc(stack->list[inner].module))
		inner++;
	if (inner == stack->count)
		return false;
	if (!inner)
		return LIBRARY_IS_AMONG(stack->list[0].module, libraries);
	called = unwind_called_function(space, arena, stack->list[inner].pc);
	/* A call through a register tells no name. */
	if (!called)
		called = stack->list[inner - 1].function;
	if (called && strcmp(called, "syscall") == 0)
		return is_std_of_rust(space, &stack->list[inner]);
	return IS_AMONG(called, libc_functions);
}

static bool is_task_deaf(struct address_space *space, const struct held_task *task)
{
	struct captured_memory memory;
	struct frames stack;
	struct arena arena;
	bool result;

	arena_init(&arena);
	captured_memory_init(&memory);
	captured_memory_add(&memory, task->registers.rsp, task->bytes, task->length);
	stack = unwind_stack(space, &arena, &task->registers, false, &memory.memory);
	result = waits_again(space, &arena, &stack);
	arena_release(&arena);
	return result;
}

static bool copy_tasks(struct held_task *tasks, pid_t pid, const struct process_look *look)
{
	struct stopped stopped;
	bool is_complete = true;

	if (stop_process(&stopped, pid, look, true) != STOP_HELD)
		return false;
	for (size_t i = 0; i < look->count && is_complete; i++) {
		struct held_task *task = &tasks[i];

		is_complete = stop_registers(&stopped, look->tasks[i].tid, &task->registers);
		task->length =
			stop_read(pid, task->registers.rsp, task->bytes, STACK_BYTES) & ~(size_t)7;
	}
	stop_release(&stopped);
	return is_complete;
}

bool deaf_ask(struct model *model, uint32_t process, pid_t pid, const struct process_look *look,
	      bool *is_deaf)
{
	struct address_space *space = model_space(model, process);
	struct held_task *tasks;
	bool is_copied;

	*is_deaf = false;
	if (!space || look->count > TASKS_DEAF)
		return true;
	tasks = calloc(look->count, sizeof(*tasks));
	is_copied = tasks && copy_tasks(tasks, pid, look);
	*is_deaf = is_copied;
	for (size_t i = 0; i < look->count && *is_deaf; i++)
		*is_deaf = is_task_deaf(space, &tasks[i]);
	free(tasks);
	return is_copied;
}
