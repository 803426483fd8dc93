/*
 * The offsets in libc's descriptor of a thread are read from the file of the process' libc: what
 * nptl_db reads, too. Memory is the target's: a descriptor counts where it has its own address.
 */
#include "thread_descriptor.h"
#include "base/library_names.h"
#include "process/memory_map.h"
#include "process/stop.h"
#include "shim/common/arch/arch.h"
#include "unwind/named_symbol.h"
#include <string.h>

/* More than the struct has. */
#define OFFSET_MAX 4096

/* Of `cancelhandling`, the same from 2.28 to 2.41: the thread is on its way out, or freed. */
#define EXITING    0x10
#define TERMINATED 0x20

/* What nptl_db's descriptions consist of. */
struct description {
	uint32_t bits, elements, offset;
};

static const struct field {
	const char *name;
	uint32_t bits;
	size_t place;
} known_fields[] = {
	{"_thread_db_pthread_tid", 32, offsetof(struct descriptor_fields, tid)},
	{"_thread_db_pthread_start_routine", 64, offsetof(struct descriptor_fields, start_routine)},
	{"_thread_db_pthread_cancelhandling", 32,
	 offsetof(struct descriptor_fields, cancelhandling)},
	{"_thread_db_pthread_list", 128, offsetof(struct descriptor_fields, list)},
};
#define FIELDS (sizeof(known_fields) / sizeof(*known_fields))

struct libc_search {
	pid_t pid;
	struct descriptor_fields fields;
	char path[MAPPING_PATH]; /* of the file before; "": the next is the program */
	bool wants_program;
	bool found;
};

/* The file that was asked last: many processes have the same. */
static struct {
	uint64_t inode;
	unsigned major, minor;
	struct descriptor_fields fields;
} asked_last;

static bool is_asked_last(const struct mapping *mapping)
{
	return mapping->inode && mapping->inode == asked_last.inode &&
	       mapping->major == asked_last.major && mapping->minor == asked_last.minor;
}

static bool take_descriptions(const struct description *descriptions,
			      struct descriptor_fields *fields)
{
	for (size_t i = 0; i < FIELDS; i++) {
		if (descriptions[i].bits != known_fields[i].bits ||
		    descriptions[i].offset >= OFFSET_MAX ||
		    descriptions[i].offset % sizeof(uint32_t))
			return false;
		memcpy((char *)fields + known_fields[i].place, &descriptions[i].offset,
		       sizeof(descriptions[i].offset));
	}
	return true;
}

static bool ask_file(const struct mapping *mapping, struct libc_search *search)
{
	struct description descriptions[FIELDS];
	const char *names[FIELDS];
	char path[MAPPING_FILE];
	struct mapped_file file = {.path = path};

	for (size_t i = 0; i < FIELDS; i++)
		names[i] = known_fields[i].name;
	maps_file(search->pid, mapping, path);
	if (!named_symbol_read(&file, names, descriptions, sizeof(*descriptions), FIELDS) ||
	    !take_descriptions(descriptions, &search->fields))
		return false;
	asked_last.inode = mapping->inode;
	asked_last.major = mapping->major;
	asked_last.minor = mapping->minor;
	asked_last.fields = search->fields;
	return true;
}

static bool is_wanted(const struct libc_search *search, const struct mapping *mapping)
{
	if (mapping->path[0] != '/' || strcmp(mapping->path, search->path) == 0)
		return false;
	return search->wants_program || library_is_libc(mapping->path);
}

static bool ask_mapping(const struct mapping *mapping, void *data)
{
	struct libc_search *search = data;

	if (!is_wanted(search, mapping))
		return true;
	memcpy(search->path, mapping->path, sizeof(search->path));
	search->found = is_asked_last(mapping);
	if (search->found)
		search->fields = asked_last.fields;
	else
		search->found = ask_file(mapping, search);
	return !search->found && !search->wants_program;
}

bool descriptor_find_fields(pid_t pid, struct descriptor_fields *fields)
{
	struct libc_search search = {.pid = pid};

	maps_each(pid, ask_mapping, &search);
	if (!search.found) {
		/* A static program has its libc in itself, and is mapped first. */
		search = (struct libc_search){.pid = pid, .wants_program = true};
		maps_each(pid, ask_mapping, &search);
	}
	*fields = search.fields;
	return search.found;
}

bool descriptor_read(pid_t pid, const struct descriptor_fields *fields, uint64_t self,
		     struct descriptor *descriptor)
{
	uint64_t words[ARCH_DESCRIPTOR_WORDS];
	uint32_t cancelhandling;

	if (stop_read(pid, self, words, sizeof(words)) != sizeof(words) ||
	    !arch_is_descriptor(words, self) ||
	    stop_read(pid, self + fields->tid, &descriptor->tid, sizeof(descriptor->tid)) !=
		    sizeof(descriptor->tid) ||
	    stop_read(pid, self + fields->start_routine, &descriptor->start_routine,
		      sizeof(descriptor->start_routine)) != sizeof(descriptor->start_routine) ||
	    stop_read(pid, self + fields->cancelhandling, &cancelhandling,
		      sizeof(cancelhandling)) != sizeof(cancelhandling))
		return false;
	descriptor->has_ended = (cancelhandling & (EXITING | TERMINATED)) != 0;
	return true;
}
