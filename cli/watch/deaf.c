/*
 * sem_wait() is none of these, nor is a futex by syscall() in code that is not known:
 * they return EINTR, and the caller may take that for the end of the wait. ctypes may
 * call them for a program in Python.
 */
#include "deaf.h"
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
static const char *const libraries[] = {"libgomp.so.1"};

/* Callers of syscall(): Rust's standard library, whose only futex wait is such a loop. */
static const char *const callers[] = {"std::sys::*futex*"};

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

static const char *file_of(const struct frame *frame)
{
	const char *slash = frame->module ? strrchr(frame->module, '/') : NULL;

	return slash ? slash + 1 : frame->module;
}

static bool is_libc(const struct frame *frame)
{
	static const char *const files[] = {"libc.so.6", "libpthread.so.0"};

	return IS_AMONG(file_of(frame), files);
}

static bool waits_again(struct address_space *space, struct arena *arena,
			const struct frames *stack)
{
	size_t inner = 0;
	const char *called;

	while (inner < stack->count && is_libc(&stack->list[inner]))
		inner++;
	if (inner == stack->count)
		return false;
	if (!inner)
		return IS_AMONG(file_of(&stack->list[0]), libraries);
	called = unwind_called_function(space, arena, stack->list[inner].pc);
	/* A call through a register tells no name. */
	if (!called)
		called = stack->list[inner - 1].function;
	if (called && strcmp(called, "syscall") == 0)
		return IS_AMONG(stack->list[inner].function, callers);
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
