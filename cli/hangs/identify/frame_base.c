/*
 * The base of a frame is looked for by trying the places of the stack: a base is right when
 * the walk from it arrives at an entry function. The base of an outer frame would do that too,
 * and leave the inner frames out, so the longest walk is taken.
 */
#include "frame_base.h"
#include "process/stop.h"
#include <stdlib.h>

#define STACK_BYTES 32768
/* libc's own frames and the first one that has a base: much less in practice. */
#define TRIED_BYTES 4096
#define WALK_MAX    128

static size_t frame_base_walk(struct address_space *space, const struct stack_registers *registers,
			      const struct captured_memory *memory)
{
	uint64_t addresses[WALK_MAX];
	bool complete = false;
	size_t count =
		unwind_addresses(space, registers, &memory->memory, addresses, WALK_MAX, &complete);

	return complete ? count : 0;
}

static void try_all(struct address_space *space, const struct captured_memory *memory,
		    struct stack_registers *registers, size_t length)
{
	struct stack_registers tried = *registers;
	size_t best = frame_base_walk(space, &tried, memory);

	/* The walk needs no base, or none is needed before it is restored. */
	if (best)
		return;
	for (size_t offset = 0; offset < length && offset < TRIED_BYTES; offset += 8) {
		size_t count;

		tried.fp = registers->sp + offset;
		count = tried.fp % 16 ? 0 : frame_base_walk(space, &tried, memory);
		if (count > best) {
			best = count;
			registers->fp = tried.fp;
		}
	}
}

void frame_base_find(struct address_space *space, pid_t pid, struct stack_registers *registers)
{
	uint8_t *bytes = malloc(STACK_BYTES);
	struct captured_memory memory;
	size_t length;

	if (!bytes || !space) {
		free(bytes);
		return;
	}
	length = stop_read(pid, registers->sp, bytes, STACK_BYTES) & ~(size_t)7;
	captured_memory_init(&memory);
	captured_memory_add(&memory, registers->sp, bytes, length);
	try_all(space, &memory, registers, length);
	free(bytes);
}

bool frame_base_look(struct address_space *space, pid_t pid, const struct task_look *task,
		     struct stack_registers *registers)
{
	struct task_look now;

	if (!task->in_call || !procfs_quick_check_task(pid, task->tid, &now) ||
	    !procfs_same_place(task, &now))
		return false;
	*registers = (struct stack_registers){.pc = now.pc, .sp = now.sp};
	frame_base_find(space, pid, registers);
	return true;
}
