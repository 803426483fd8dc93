/*
 * One waiting task is asked for its stack here: where it waits, and what could end that. It is
 * held by itself: its neighbours may be in calls that a stop would end (epoll_wait(), a recv()
 * with a time limit). A futex wait begins again by itself.
 */
#include "waits.h"
#include "base/library_names.h"
#include "hangs/identify/frame_base.h"
#include "process/stop.h"
#include "unwind/unwind.h"
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#define STACK_BYTES 32768

/*
 * POSIX: they shall not return EINTR; glibc's futex waits inside of them go on. And what
 * would let them go on (to signal, to unlock) no signal handler may call. sem_wait() is
 * none of these, nor is a futex by syscall() in code that is not known: they return EINTR,
 * and the caller may take that for the end of the wait.
 */
static const char *const libc_functions[] = {
	"pthread_barrier_wait",
	"pthread_cond_wait",
	"pthread_cond_signal",
	"pthread_cond_broadcast",
	"pthread_cond_destroy",
	"pthread_join",
	"pthread_mutex_lock",
	"pthread_rwlock_rdlock",
	"pthread_rwlock_wrlock",
	"mtx_lock",
	"cnd_wait",
	"thrd_join",
};

/* By an instruction of their own: loops around a word that another thread changes. */
static const char *const libraries[] = {"libgomp"};

/*
 * Callers of syscall() whose futex waits are such loops: Rust's standard library (1.57 and
 * later, in modules whose names change: std::sys::unix::futex, std::sys::pal::unix::futex,
 * std::sys_common::thread_parking::futex), and what locks are made of elsewhere.
 */
static const char *const callers[] = {
	"std::sys*futex*",      "<std::sys*futex*",  "parking_lot_core::*",
	"<parking_lot_core::*", "absl::*",           "g_mutex_lock*",
	"g_rw_lock_*",          "g_rec_mutex_lock*", "g_cond_wait",
};

struct held_task {
	struct stack_registers registers;
	size_t length;
	uint8_t bytes[STACK_BYTES];
};

static bool waits_is_among(const char *name, const char *const *patterns, size_t count)
{
	for (size_t i = 0; name && i < count; i++)
		if (fnmatch(patterns[i], name, 0) == 0)
			return true;
	return false;
}

#define IS_AMONG(name, patterns)                                                                   \
	waits_is_among(name, patterns, sizeof(patterns) / sizeof(*(patterns)))

/* An optimized build has it inlined in any function. Where no line table says so, the
 * mangling tells that the function is Rust's. */
static bool is_known_caller(struct address_space *space, const struct frame *caller)
{
	return IS_AMONG(caller->function, callers) ||
	       (!caller->file && unwind_is_rust(space, caller->pc));
}

/* What the program called that led into libc; NULL: its innermost frame is its own. */
static const char *called_function(struct address_space *space, struct arena *arena,
				   const struct frames *stack, size_t inner)
{
	const char *called;

	if (!inner || inner == stack->count)
		return NULL;
	called = unwind_called_function(space, arena, stack->list[inner].pc);
	/* A call through a register tells no name. */
	called = called ? called : stack->list[inner - 1].function;
	/* Where main() has returned, libc itself calls it. */
	if (called && strcmp(called, "__libc_start_main") == 0)
		for (size_t i = 0; i < inner; i++)
			if (stack->list[i].function && strcmp(stack->list[i].function, "exit") == 0)
				return stack->list[i].function;
	return called;
}

static bool begins_again(struct address_space *space, const struct frames *stack, size_t inner,
			 const char *called)
{
	if (inner == stack->count)
		return false;
	if (!inner)
		return LIBRARY_IS_AMONG(stack->list[0].module, libraries);
	if (called && strcmp(called, "syscall") == 0)
		return is_known_caller(space, &stack->list[inner]);
	return IS_AMONG(called, libc_functions);
}

/* libc's, by the names that it exports. */
static const char *const forks[] = {"fork", "__fork", "__libc_fork", "forkpty", "daemon"};

/* What the handlers of fork() call stands further in. */
static bool is_in_fork(const struct frames *stack)
{
	for (size_t i = 1; i < stack->count; i++)
		if (library_is_libc(stack->list[i].module) &&
		    IS_AMONG(stack->list[i].function, forks))
			return true;
	return false;
}

static void waits_add_module(struct wait_facts *facts, struct arena *arena, const char *module)
{
	for (size_t i = 0; i < facts->module_count; i++)
		if (strcmp(facts->modules[i], module) == 0)
			return;
	if (facts->module_count < WAIT_MODULES)
		facts->modules[facts->module_count++] = arena_strdup(arena, module);
}

static void read_stack(struct address_space *space, struct arena *arena,
		       const struct held_task *task, struct wait_facts *facts)
{
	struct captured_memory memory;
	struct frames stack;
	struct arena passing;
	const char *called;
	size_t inner = 0;

	arena_init(&passing);
	captured_memory_init(&memory);
	captured_memory_add(&memory, task->registers.sp, task->bytes, task->length);
	stack = unwind_stack(space, &passing, &task->registers, false, &memory.memory);
	while (inner < stack.count && library_is_libc(stack.list[inner].module))
		inner++;
	called = called_function(space, &passing, &stack, inner);
	facts->function = called ? arena_strdup(arena, called) : NULL;
	if (called && strcmp(called, "syscall") == 0 && stack.list[inner].function)
		facts->caller = arena_strdup(arena, stack.list[inner].function);
	facts->begins_again = begins_again(space, &stack, inner, called);
	facts->is_in_fork = is_in_fork(&stack);
	for (size_t i = 0; i < stack.count; i++)
		if (stack.list[i].module)
			waits_add_module(facts, arena, stack.list[i].module);
	facts->is_known = stack.count > 0;
	arena_release(&passing);
}

/* False when it has moved. */
static bool copy_task(struct held_task *copy, struct address_space *space, pid_t pid,
		      const struct process_look *look, const struct task_look *task,
		      struct wait_facts *facts)
{
	struct stopped stopped;

	switch (stop_task(&stopped, pid, look, task)) {
	case STOP_MOVED:
		return false;
	case STOP_REFUSED:
		return true;
	case STOP_HELD:
		break;
	}
	if (stopped.count && stop_registers(&stopped, task->tid, &copy->registers)) {
		facts->self = stop_thread_pointer(pid, task->tid);
	} else {
		/* It is not to be held: its word has changed. */
		copy->registers = (struct stack_registers){.pc = task->pc, .sp = task->sp};
		frame_base_find(space, pid, &copy->registers);
	}
	copy->length = stop_read(pid, copy->registers.sp, copy->bytes, STACK_BYTES) & ~(size_t)7;
	stop_release(&stopped);
	return true;
}

bool waits_ask(struct model *model, struct arena *arena, uint32_t process, pid_t pid,
	       const struct process_look *look, const struct task_look *task,
	       struct wait_facts *facts)
{
	struct address_space *space = model_space(model, process);
	struct held_task *copy = calloc(1, sizeof(*copy));
	bool is_there;

	*facts = (struct wait_facts){.tid = task->tid,
				     .address = task->arguments[0],
				     .sp = task->sp,
				     .pc = task->pc,
				     .since_ns = task->since_ns};
	is_there = copy && copy_task(copy, space, pid, look, task, facts);
	if (is_there && space && copy->length)
		read_stack(space, arena, copy, facts);
	free(copy);
	return is_there;
}

bool waits_are_of(const struct wait_facts *facts, const struct task_look *task)
{
	return facts->tid == task->tid && facts->address == task->arguments[0] &&
	       facts->sp == task->sp && facts->pc == task->pc;
}

bool waits_word_is_same(pid_t pid, const struct task_look *task)
{
	uint32_t word;

	/* That of a PI futex names its owner, and the call has no value. */
	if (procfs_is_pi_wait(task))
		return true;
	return stop_read(pid, task->arguments[0], &word, sizeof(word)) == sizeof(word) &&
	       word == (uint32_t)task->arguments[2];
}
