/*
 * Threads that nobody saw being made are found in /proc and in the memory of the process that
 * has them, and runs: what is found is checked by the thread's id, which stands in the same
 * struct. libc describes that struct for debuggers; the description is our own libc's, so it
 * counts for a process that has the same one.
 */
#include "unseen_threads.h"
#include "hangs/identify/lost_threads.h"
#include "process/memory_map.h"
#include "process/procfs.h"
#include "process/stop.h"
#include "shim/common/arch/arch.h"
#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define CHUNK 65536
/* From a thread's stack pointer to what libc keeps of it, at the end of its stack. */
#define REACH (1u << 20)

/* What nptl_db's descriptions consist of: bits, elements, offset. */
enum { FIELD_BITS, FIELD_ELEMENTS, FIELD_OFFSET, FIELD_WORDS };

struct fields {
	uint32_t tid, start;
};

struct request {
	const struct model *model;
	struct writer *writer;
	struct fields fields;
};

static bool find_field(const char *name, uint32_t bits, uint32_t *offset)
{
	const uint32_t *description = dlsym(RTLD_DEFAULT, name);

	if (!description || description[FIELD_BITS] != bits)
		return false;
	*offset = description[FIELD_OFFSET];
	return *offset < 4096 && *offset % (bits / 8) == 0;
}

static bool find_fields(struct fields *fields)
{
	return find_field("_thread_db_pthread_tid", 32, &fields->tid) &&
	       find_field("_thread_db_pthread_start_routine", 64, &fields->start);
}

struct libc_search {
	struct stat own;
	bool found;
};

static bool is_other_file(const struct mapping *mapping, void *data)
{
	struct libc_search *search = data;

	search->found = mapping->inode == search->own.st_ino &&
			makedev(mapping->major, mapping->minor) == search->own.st_dev;
	return !search->found;
}

static bool has_our_libc(pid_t pid)
{
	struct libc_search search = {.found = false};
	Dl_info libc;

	if (!dladdr(dlsym(RTLD_DEFAULT, "_thread_db_pthread_tid"), &libc) ||
	    stat(libc.dli_fname, &search.own) != 0)
		return false;
	maps_each(pid, is_other_file, &search);
	return search.found;
}

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

	for (size_t at = 0; at < REACH && length == CHUNK && !handle; at += CHUNK - 32) {
		length = stop_read(pid, sp + at, words, CHUNK);
		handle = find_handle(words, length, sp + at);
	}
	free(words);
	return handle;
}

static uint64_t start_routine(const struct fields *fields, pid_t pid, pid_t tid)
{
	uint64_t handle = unseen_threads_find_thread(pid, stack_pointer(pid, tid)), start = 0;
	int32_t id = 0;

	if (!handle || stop_read(pid, handle + fields->tid, &id, sizeof(id)) != sizeof(id) ||
	    id != tid ||
	    stop_read(pid, handle + fields->start, &start, sizeof(start)) != sizeof(start))
		return 0;
	return start;
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
	if (request->fields.start && has_our_libc(process->pid))
		record.start_routine = start_routine(&request->fields, process->pid, thread->tid);
	writer_append(request->writer, RECORD_THREAD, &record, sizeof(record), NULL, 0);
	return true;
}

void unseen_record(const struct model *model, struct writer *writer,
		   const struct process_facts *process)
{
	struct request request = {.model = model, .writer = writer};

	if (!find_fields(&request.fields))
		request.fields.start = 0;
	lost_each(model, process, unseen_threads_record_one, &request);
}
