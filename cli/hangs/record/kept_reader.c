/*
 * The facts that a process keeps are read from the outside (process_vm_readv) and written to
 * the log; no byte of them is trusted.
 */
#include "kept_reader.h"
#include "hangs/identify/wakeup_sources.h"
#include <stddef.h>
#include <stdlib.h>
#include <sys/uio.h>

#define LARGEST (sizeof(struct record_stack) + SESSION_STACK_MAX)
/* A fork, its thread, where that was created, what Python did there, its code. */
#define DEEPEST 4

struct keeper {
	pid_t pid;
	uint64_t address; /* of its facts */
	uint64_t born_by;
	struct writer *writer;
};

static bool kept_reader_read_memory(pid_t pid, uint64_t address, void *to, size_t size)
{
	struct iovec local = {to, size}, remote = {(void *)(uintptr_t)address, size};

	return process_vm_readv(pid, &local, 1, &remote, 1, 0) == (ssize_t)size;
}

static bool find_keeper(const struct process_facts *process, pid_t pid, struct writer *writer,
			struct keeper *keeper)
{
	struct private_facts facts;

	if (!process || !wakeup_read_facts(process, pid, &facts))
		return false;
	*keeper = (struct keeper){pid, facts.kept, facts.born_by, writer};
	return true;
}

/* `fact` has room for the LARGEST. */
static bool read_fact(const struct keeper *keeper, uint64_t place, struct session_kept *fact)
{
	uint64_t address = keeper->address + place * KEPT_UNIT;

	return kept_reader_read_memory(keeper->pid, address, fact, sizeof(*fact)) &&
	       fact->size >= sizeof(*fact) && fact->size <= LARGEST &&
	       kept_reader_read_memory(keeper->pid, address, fact, fact->size);
}

static session_reference kept_reader_append(const struct keeper *keeper, uint64_t place,
					    unsigned depth);

static void append_created(const struct keeper *keeper, struct record_thread *thread,
			   unsigned depth)
{
	thread->created_at = kept_reader_append(keeper, thread->created_at, depth);
	thread->created_python = kept_reader_append(keeper, thread->created_python, depth);
}

static void append_forked(const struct keeper *keeper, struct record_fork *fork, unsigned depth)
{
	fork->thread = kept_reader_append(keeper, fork->thread, depth);
	fork->stack = kept_reader_append(keeper, fork->stack, depth);
	fork->python = kept_reader_append(keeper, fork->python, depth);
}

static bool append_codes(const struct keeper *keeper, struct record_python *python, uint32_t size,
			 unsigned depth)
{
	if (python->count > SESSION_PYTHON_FRAMES ||
	    size < sizeof(*python) + python->count * sizeof(*python->frames))
		return false;
	for (uint32_t i = 0; i < python->count; i++)
		python->frames[i].code = kept_reader_append(keeper, python->frames[i].code, depth);
	return true;
}

/* The least that a record of a type has; 0: of no type that is read here. */
static uint32_t least_size(uint16_t type)
{
	switch (type) {
	case RECORD_STACK:
		return sizeof(struct record_stack);
	case RECORD_THREAD:
		return sizeof(struct record_thread);
	case RECORD_FORK:
		return sizeof(struct record_fork);
	case RECORD_PYTHON:
		return sizeof(struct record_python);
	case RECORD_PYTHON_CODE:
		return sizeof(struct record_python_code);
	default:
		return 0;
	}
}

/* What it refers to comes first; the reader checks the rest as it does any record. */
static session_reference append_fact(const struct keeper *keeper, struct session_kept *fact,
				     unsigned depth)
{
	uint32_t least = least_size(fact->type);
	void *record = fact;

	if (!least || fact->size < least)
		return 0;
	if (fact->type == RECORD_THREAD)
		append_created(keeper, record, depth);
	else if (fact->type == RECORD_FORK)
		append_forked(keeper, record, depth);
	else if (fact->type == RECORD_PYTHON && !append_codes(keeper, record, fact->size, depth))
		return 0;
	return writer_append(keeper->writer, fact->type, record, least,
			     (const unsigned char *)record + least, fact->size - least);
}

/* What the process has written itself is there already. */
static session_reference kept_reader_append(const struct keeper *keeper, uint64_t place,
					    unsigned depth)
{
	struct session_kept *fact;
	session_reference reference = 0;

	if (place & KEPT_LOGGED)
		return (session_reference)place & ~KEPT_LOGGED;
	fact = place && depth < DEEPEST ? calloc(1, LARGEST) : NULL;
	if (fact && read_fact(keeper, place, fact))
		reference =
			fact->reference ? fact->reference : append_fact(keeper, fact, depth + 1);
	free(fact);
	return reference;
}

session_reference kept_stack(const struct process_facts *process, pid_t pid, struct writer *writer,
			     uint64_t fact)
{
	struct keeper keeper;

	if (!fact || !find_keeper(process, pid, writer, &keeper))
		return 0;
	return kept_reader_append(&keeper, fact, 0);
}

session_reference kept_fork(const struct process_facts *process, pid_t pid, struct writer *writer)
{
	struct keeper keeper;

	if (!find_keeper(process, pid, writer, &keeper))
		return 0;
	return kept_reader_append(&keeper, keeper.born_by, 0);
}
