/*
 * Descriptors of lost threads are found where stacks end, and from each of them along libc's list
 * of stacks: where two mappings of stacks became one, only the last has its end there. All that is
 * read is the target's; a descriptor has to name itself, and a function that can be executed.
 */
#include "left_threads.h"
#include "base/array.h"
#include "process/memory_map.h"
#include "process/procfs.h"
#include "process/stop.h"
#include "shim/common/arch/arch.h"
#include "thread_descriptor.h"
#include <linux/kcmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* At the end of a mapping: libc's descriptor is in the last 4 KiB of a stack, with what is
 * thread-local beside it, and the first thread's in what the loader has for itself. */
#define REACH 65536u
/* A descriptor is aligned to that much, at least. */
#define STEP_WORDS 2
/* More than any program has threads; memory may be full of what looks like one. */
#define SEEN_MAX 16384
/* The highest number that the kernel gives to a task. */
#define TID_LAST 4194304

struct range {
	uint64_t start, end;
	bool is_stack; /* or may be: private, writable, of no file */
	bool is_first; /* of the first thread */
	bool is_code;
};

struct left_search {
	pid_t pid;
	struct descriptor_fields fields;
	const uint64_t *living_selfs;
	size_t living_count;
	pid_t inner[TASKS_MAX]; /* ids of its tasks in a PID namespace of its own */
	size_t inner_count;
	struct range *ranges;
	size_t range_count, range_capacity;
	uint64_t *seen; /* descriptors, of whomever */
	size_t seen_count, seen_capacity;
	struct left_thread *threads;
	size_t count, capacity;
	uint64_t words[REACH / sizeof(uint64_t)];
};

static bool add_range(const struct mapping *mapping, void *data)
{
	struct left_search *search = data;
	bool is_stack = mapping->writable && !mapping->shared && !mapping->inode;

	if (!is_stack && !mapping->executable)
		return true;
	if (!ARRAY_MAKE_ROOM(search->ranges, search->range_count, search->range_capacity))
		return false;
	search->ranges[search->range_count++] = (struct range){
		.start = mapping->start,
		.end = mapping->end,
		.is_stack = is_stack,
		.is_first = strcmp(mapping->path, "[stack]") == 0,
		.is_code = mapping->executable,
	};
	return true;
}

static int left_threads_compare_range(const void *key, const void *element)
{
	const uint64_t *address = key;
	const struct range *range = element;

	return *address < range->start ? -1 : *address >= range->end;
}

static const struct range *left_threads_range_at(const struct left_search *search, uint64_t address)
{
	return search->ranges ? bsearch(&address, search->ranges, search->range_count,
					sizeof(*search->ranges), left_threads_compare_range)
			      : NULL;
}

static void read_inner_ids(struct left_search *search)
{
	static struct procfs_task tasks[TASKS_MAX];

	if (procfs_inner_pid(search->pid) == search->pid)
		return;
	search->inner_count = procfs_tasks(search->pid, tasks, TASKS_MAX);
	for (size_t i = 0; i < search->inner_count; i++)
		search->inner[i] = procfs_inner_tid(search->pid, tasks[i].tid);
}

static bool left_threads_has_task(pid_t pid, pid_t tid)
{
	char name[16];

	procfs_name(pid, tid, name, sizeof(name));
	return name[0];
}

static bool has_living_task(const struct left_search *search, pid_t tid)
{
	for (size_t i = 0; i < search->inner_count; i++)
		if (search->inner[i] == tid)
			return true;
	/* Of more tasks than were read it cannot be told. */
	return search->inner_count ? search->inner_count == TASKS_MAX
				   : left_threads_has_task(search->pid, tid);
}

static bool is_living(const struct left_search *search, uint64_t self, pid_t tid)
{
	for (size_t i = 0; i < search->living_count; i++)
		if (search->living_selfs[i] == self)
			return true;
	return tid > 0 && has_living_task(search, tid);
}

/* Of a descriptor that names no function: is it in one of libc's lists? */
static bool is_listed(const struct left_search *search, uint64_t self)
{
	uint64_t next, back;

	return stop_read(search->pid, self + search->fields.list, &next, sizeof(next)) ==
		       sizeof(next) &&
	       stop_read(search->pid, next + sizeof(next), &back, sizeof(back)) == sizeof(back) &&
	       back;
}

/* The first thread has no function, and keeps its id. */
static bool left_threads_is_thread(const struct left_search *search, uint64_t self,
				   const struct descriptor *descriptor)
{
	const struct range *range = left_threads_range_at(search, descriptor->start_routine);

	if (descriptor->start_routine)
		return range && range->is_code;
	return descriptor->tid > 0 && descriptor->tid <= TID_LAST && is_listed(search, self);
}

static const struct range *first_stack(const struct left_search *search)
{
	for (size_t i = 0; i < search->range_count; i++)
		if (search->ranges[i].is_first)
			return &search->ranges[i];
	return NULL;
}

static void find_stack(const struct left_search *search, struct left_thread *thread)
{
	const struct range *range = thread->start_routine
					    ? left_threads_range_at(search, thread->self)
					    : first_stack(search);

	if (!range)
		return;
	thread->stack_start = range->start;
	thread->stack_end = range->end;
}

static void add_left(struct left_search *search, uint64_t self, const struct descriptor *descriptor)
{
	struct left_thread thread = {.self = self, .start_routine = descriptor->start_routine};

	if (descriptor->has_ended || is_living(search, self, descriptor->tid) ||
	    !left_threads_is_thread(search, self, descriptor) || search->count == search->capacity)
		return;
	thread.tid = descriptor->tid > 0 ? descriptor->tid : 0;
	find_stack(search, &thread);
	search->threads[search->count++] = thread;
}

static bool left_threads_is_seen(const struct left_search *search, uint64_t self)
{
	for (size_t i = 0; i < search->seen_count; i++)
		if (search->seen[i] == self)
			return true;
	return false;
}

/* False where it is none, or a known one. */
static bool note_descriptor(struct left_search *search, uint64_t self)
{
	struct descriptor descriptor;

	if (search->seen_count == SEEN_MAX || left_threads_is_seen(search, self) ||
	    !descriptor_read(search->pid, &search->fields, self, &descriptor) ||
	    !ARRAY_MAKE_ROOM(search->seen, search->seen_count, search->seen_capacity))
		return false;
	search->seen[search->seen_count++] = self;
	add_left(search, self, &descriptor);
	return true;
}

/* One way, up to one that is known, or to the head of the list, which is no part of a descriptor.
 */
static void follow_list(struct left_search *search, uint64_t self, size_t way)
{
	uint64_t links[2];

	do {
		if (stop_read(search->pid, self + search->fields.list, links, sizeof(links)) !=
		    sizeof(links))
			return;
		self = links[way] - search->fields.list;
	} while (note_descriptor(search, self));
}

static void left_threads_search_end(struct left_search *search, const struct range *range)
{
	uint64_t start = range->end - range->start > REACH ? range->end - REACH : range->start;
	size_t length = stop_read(search->pid, start, search->words, (size_t)(range->end - start));

	for (size_t i = 0; i + ARCH_DESCRIPTOR_WORDS <= length / sizeof(*search->words);
	     i += STEP_WORDS) {
		uint64_t self = start + i * sizeof(*search->words);

		if (!arch_is_descriptor(search->words + i, self) || !note_descriptor(search, self))
			continue;
		follow_list(search, self, 0);
		follow_list(search, self, 1);
	}
}

static int compare_selfs(const void *left, const void *right)
{
	const struct left_thread *one = left, *other = right;

	return one->self < other->self ? -1 : one->self > other->self;
}

static void left_threads_search(struct left_search *search)
{
	read_inner_ids(search);
	for (size_t i = 0; i < search->range_count; i++)
		if (search->ranges[i].is_stack)
			left_threads_search_end(search, &search->ranges[i]);
	qsort(search->threads, search->count, sizeof(*search->threads), compare_selfs);
}

/* A vfork child sees its parent's threads, and has lost none. */
static bool has_its_parents_memory(pid_t pid)
{
	pid_t parent = procfs_parent(pid);

	return parent > 0 && syscall(SYS_kcmp, pid, parent, KCMP_VM, 0, 0) == 0;
}

size_t left_threads_find(pid_t pid, const uint64_t *living_selfs, size_t living_count,
			 struct left_thread *threads, size_t capacity)
{
	struct left_search *search = calloc(1, sizeof(*search));
	size_t count;

	if (!search)
		return 0;
	search->pid = pid;
	search->living_selfs = living_selfs;
	search->living_count = living_count;
	search->threads = threads;
	search->capacity = capacity;
	if (!has_its_parents_memory(pid) && descriptor_find_fields(pid, &search->fields) &&
	    maps_each(pid, add_range, search))
		left_threads_search(search);
	count = search->count;
	free(search->ranges);
	free(search->seen);
	free(search);
	return count;
}

pid_t left_threads_tid_in(pid_t parent, uint64_t self)
{
	struct descriptor_fields fields;
	struct descriptor descriptor;

	if (!descriptor_find_fields(parent, &fields) ||
	    !descriptor_read(parent, &fields, self, &descriptor) || descriptor.has_ended ||
	    descriptor.tid <= 0)
		return 0;
	/* It may have been lost at an earlier fork, and have kept its id. */
	return procfs_inner_pid(parent) != parent || left_threads_has_task(parent, descriptor.tid)
		       ? descriptor.tid
		       : 0;
}
