/* A core file as core_file.c, core_notes.c and core_memory.c share it. */
#ifndef FORKCHECK_CORE_PARTS_H
#define FORKCHECK_CORE_PARTS_H

#include "core_file.h"
#include <time.h>

#define CORE_PAGE 4096
#define CORE_NONE SIZE_MAX

struct core_task {
	pid_t tid;
	pid_t inner;      /* by which the process itself knows it */
	int signal;       /* that it was stopped by; 0 in a debugger's core */
	uint64_t blocked; /* signals; bit n - 1 is signal n */
	struct core_registers registers;
};

enum file_state {
	FILE_UNASKED,
	FILE_SAME,    /* what was mapped is there */
	FILE_CHANGED, /* another file is there */
	FILE_GONE,
};

/* A file that was mapped, once for each of its groups of mappings. */
struct core_object {
	const char *path;
	uint64_t start; /* of the mapping of its first byte; UINT64_MAX: there is none */
	enum file_state state;
	bool is_elf;
	uint64_t code_start, code_end; /* offsets of what is mapped to be executed */
	unsigned major, minor;
	uint64_t inode;
};

/* A mapping that NT_FILE names. */
struct core_range {
	uint64_t start, end, offset;
	size_t object; /* index */
};

/* A mapping: a PT_LOAD segment, or a range of a file that has none. */
struct core_area {
	uint64_t start, end;
	uint64_t offset, size; /* bytes from its start that the core has */
	uint64_t file_offset;  /* in the file that is mapped */
	size_t object;         /* index; CORE_NONE: no file */
	bool writable, executable;
	bool is_missing; /* a debugger left it out: its rights are not known */
};

struct core {
	pid_t number; /* of the core */
	int descriptor;
	uint64_t size;
	struct timespec written;
	pid_t pid, parent;
	char name[17];
	char arguments[81];
	bool is_debuggers;
	bool has_own_numbers;
	uint64_t notes_seen;

	struct core_task *tasks; /* the first thread first, then by their numbers */
	size_t task_count, task_capacity;
	int signal;

	struct core_area *areas; /* by address */
	size_t area_count, area_capacity;

	char *file_list; /* NT_FILE */
	struct core_range *ranges;
	size_t range_count;
	struct core_object *objects;
	size_t object_count, object_capacity;
	size_t program; /* index of an object */
	char *program_path;
	uint64_t entry, vdso, random; /* NT_AUXV; 0: unknown */
	uint64_t heap;

	size_t open_object; /* whose descriptor that is */
	int object_descriptor;
};

/* Exactly so many bytes of the core. */
bool core_parts_read(const struct core *core, uint64_t offset, void *to, size_t length);

/* core_notes.c: a PT_NOTE segment. False: *problem says why. */
bool core_notes_read(struct core *core, uint64_t offset, uint64_t length, const char **problem);

/* core_memory.c. The order is: segments, notes, then this. */
bool core_memory_add_segment(struct core *core, const struct core_area *area);
bool core_memory_finish(struct core *core);
/* False: that is not the program that the core is of. */
bool core_memory_use_program(struct core *core, const char *path);
size_t core_memory_read(struct core *core, uint64_t address, void *to, size_t capacity);
void core_memory_free(struct core *core);
bool core_memory_each(struct core *core, bool (*visit)(const struct mapping *mapping, void *data),
		      void *data);
const char *core_memory_lost_file(struct core *core);

#endif
