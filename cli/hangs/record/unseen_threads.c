/*
 * Threads that nobody saw being made are found in /proc and in the memory of the process that
 * has them, and runs: what is found is checked by the thread's id, which stands in the same
 * struct.
 */
#include "unseen_threads.h"
#include "hangs/identify/lost_threads.h"
#include "hangs/identify/thread_descriptor.h"
#include "process/procfs.h"
#include "process/stop.h"
#include "shim/common/arch/arch.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 65536
/* One that lies across two chunks is whole in the second, which begins at 16 bytes. */
#define OVERLAP ((ARCH_DESCRIPTOR_WORDS * sizeof(uint64_t) + 15) & ~(size_t)15)
/* From a thread's stack pointer to what libc keeps of it, at the end of its stack. */
#define REACH (1u << 20)

struct request {
	const struct model *model;
	struct writer *writer;
};

static bool unseen_threads_read_call(pid_t pid, pid_t tid, char *text, size_t size)
{
	char path[64];
	FILE *file;
	bool read;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/syscall", pid, tid);
	file = fopen(path, "re");
	if (!file)
		return false;
	read = fgets(text, (int)size, file) != NULL;
	fclose(file);
	text[strcspn(text, "\n")] = '\0';
	return read;
}

/* The last but one of what /proc says of a call that waits; 0: it does not. */
static uint64_t stack_pointer(pid_t pid, pid_t tid)
{
	char text[256], *place;
	uint64_t sp = 0;

	if (!unseen_threads_read_call(pid, tid, text, sizeof(text)))
		return 0;
	place = strrchr(text, ' ');
	if (!place)
		return 0;
	*place = '\0';
	place = strrchr(text, ' ');
	return place && sscanf(place, " 0x%" SCNx64, &sp) == 1 ? sp & ~UINT64_C(15) : 0;
}

static uint64_t find_handle(const uint64_t *words, size_t length, uint64_t address)
{
	for (size_t i = 0; i + ARCH_DESCRIPTOR_WORDS <= length / sizeof(*words); i += 2)
		if (arch_is_descriptor(words + i, address + i * sizeof(*words)))
			return address + i * sizeof(*words);
	return 0;
}

static uint64_t unseen_threads_find_thread(pid_t pid, uint64_t sp)
{
	uint64_t *words = malloc(CHUNK), handle = 0;
	size_t length = words && sp ? CHUNK : 0;

	for (size_t at = 0; at < REACH && length == CHUNK && !handle; at += CHUNK - OVERLAP) {
		length = stop_read(pid, sp + at, words, CHUNK);
		handle = find_handle(words, length, sp + at);
	}
	free(words);
	return handle;
}

static uint64_t start_routine(pid_t pid, pid_t tid)
{
	struct descriptor_fields fields;
	struct descriptor descriptor;
	uint64_t handle;

	if (!descriptor_find_fields(pid, &fields))
		return 0;
	handle = unseen_threads_find_thread(pid, stack_pointer(pid, tid));
	return handle && descriptor_read(pid, &fields, handle, &descriptor) && descriptor.tid == tid
		       ? descriptor.start_routine
		       : 0;
}

static bool unseen_threads_is_known(const struct model *model, const struct record_thread *thread)
{
	const struct record_thread *known = model_unseen(model, thread);

	return known != thread && known->name[0];
}

/* Ids of a PID namespace of its own are others than ours. */
static bool unseen_threads_record_one(const struct record_thread *thread, uint32_t parent,
				      void *data)
{
	const struct request *request = data;
	const struct process_facts *process = model_facts(request->model, parent);
	struct record_thread record = {.flags = THREAD_UNSEEN};

	if (!model_is_unseen(thread) || !process || thread->tid <= 0 ||
	    unseen_threads_is_known(request->model, thread) ||
	    procfs_inner_tid(process->pid, thread->tid) != thread->tid)
		return true;
	procfs_name(process->pid, thread->tid, record.name, sizeof(record.name));
	if (!record.name[0])
		return true;
	record.born_in = thread->born_in;
	record.tid = thread->tid;
	record.start_routine = start_routine(process->pid, thread->tid);
	writer_append(request->writer, RECORD_THREAD, &record, sizeof(record), NULL, 0);
	return true;
}

void unseen_record(const struct model *model, struct writer *writer,
		   const struct process_facts *process)
{
	struct request request = {.model = model, .writer = writer};

	lost_each(model, process, unseen_threads_record_one, &request);
}
