/*
 * The notes of a core file say which threads there were, with their registers, and which files
 * were mapped where. They are read one by one with pread, and no size in them is believed.
 */
#include "base/array.h"
#include "core_parts.h"
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/procfs.h>

/* A thread has eight at the most; more are no core of a process. */
#define NOTES_MAX     (UINT64_C(1) << 20)
#define FILE_LIST_MAX (UINT64_C(64) << 20)
#define AUXILIARY_MAX 128
#define REGISTERS_MAX 64

struct note {
	uint32_t type;
	uint64_t offset; /* of its contents */
	uint64_t size;
};

struct listed_range {
	uint64_t start, end, offset;
};

static bool is_of(const struct note *note, uint32_t type, size_t size)
{
	return note->type == type && note->size >= size;
}

static bool take_status(struct core *core, const struct note *note, const char **problem)
{
	struct elf_prstatus status;
	struct core_task *task;

	if (note->size != sizeof(status)) {
		*problem = "the registers of its threads are not those of this architecture";
		return false;
	}
	if (!core_parts_read(core, note->offset, &status, sizeof(status)) ||
	    !ARRAY_MAKE_ROOM(core->tasks, core->task_count, core->task_capacity)) {
		*problem = "there is not enough memory for it";
		return false;
	}
	task = &core->tasks[core->task_count++];
	*task = (struct core_task){
		.tid = status.pr_pid, .signal = status.pr_cursig, .blocked = status.pr_sighold};
	arch_core_registers(&status.pr_reg, &task->registers);
	if (!core->parent)
		core->parent = status.pr_ppid;
	return true;
}

/* Debuggers begin with it, the kernel with the thread that was ended. */
static void take_process(struct core *core, const struct note *note)
{
	struct elf_prpsinfo process;

	if (note->size != sizeof(process) ||
	    !core_parts_read(core, note->offset, &process, sizeof(process)))
		return;
	core->is_debuggers = !core->task_count;
	core->pid = process.pr_pid;
	core->parent = process.pr_ppid;
	memcpy(core->name, process.pr_fname, sizeof(process.pr_fname));
	memcpy(core->arguments, process.pr_psargs, sizeof(process.pr_psargs));
}

static void take_auxiliary(struct core *core, const struct note *note)
{
	Elf64_auxv_t vector[AUXILIARY_MAX];
	size_t size = note->size < sizeof(vector) ? note->size : sizeof(vector);

	if (!core_parts_read(core, note->offset, vector, size))
		return;
	for (size_t i = 0; i < size / sizeof(*vector); i++)
		if (vector[i].a_type == AT_ENTRY)
			core->entry = vector[i].a_un.a_val;
		else if (vector[i].a_type == AT_SYSINFO_EHDR)
			core->vdso = vector[i].a_un.a_val;
		else if (vector[i].a_type == AT_RANDOM)
			core->random = vector[i].a_un.a_val;
}

/* --- the files ------------------------------------------------------------------- */

static bool add_range(struct core *core, const struct listed_range *listed, uint64_t unit,
		      const char *path)
{
	struct core_range range = {.start = listed->start, .end = listed->end};
	const struct core_object *last =
		core->object_count ? &core->objects[core->object_count - 1] : NULL;

	if (listed->start >= listed->end ||
	    __builtin_mul_overflow(listed->offset, unit, &range.offset))
		return false;
	if (!last || strcmp(last->path, path) != 0) {
		if (!ARRAY_MAKE_ROOM(core->objects, core->object_count, core->object_capacity))
			return false;
		core->objects[core->object_count++] =
			(struct core_object){.path = path, .start = UINT64_MAX};
	}
	range.object = core->object_count - 1;
	if (!range.offset)
		core->objects[range.object].start = range.start;
	core->ranges[core->range_count++] = range;
	return true;
}

/* A number of ranges, the unit of their offsets, the ranges, and their names in a row. */
static bool add_ranges(struct core *core, uint64_t size)
{
	const char *list = core->file_list;
	uint64_t count, unit;
	struct listed_range listed;
	const char *name;

	memcpy(&count, list, sizeof(count));
	memcpy(&unit, list + sizeof(count), sizeof(unit));
	if (count > (size - 16) / sizeof(listed))
		return false;
	core->ranges = calloc(count + 1, sizeof(*core->ranges));
	name = list + 16 + count * sizeof(listed);
	for (uint64_t i = 0; core->ranges && i < count; i++) {
		memcpy(&listed, list + 16 + i * sizeof(listed), sizeof(listed));
		if (name >= list + size || !add_range(core, &listed, unit, name))
			return false;
		name += strlen(name) + 1;
	}
	return core->ranges != NULL;
}

static bool take_files(struct core *core, const struct note *note, const char **problem)
{
	bool is_sound = note->size >= 16 && note->size <= FILE_LIST_MAX && !core->file_list;

	if (is_sound) {
		/* The last name may not end. */
		core->file_list = calloc(1, note->size + 1);
		is_sound = core->file_list &&
			   core_parts_read(core, note->offset, core->file_list, note->size) &&
			   add_ranges(core, note->size);
	}
	if (!is_sound)
		*problem = "its list of mapped files is damaged";
	return is_sound;
}

/* --- one after the other ----------------------------------------------------------- */

/* Whatever it is: the architecture knows what it adds to the registers of the thread before it. */
static void take_registers(struct core *core, const struct note *note)
{
	uint8_t bytes[REGISTERS_MAX];
	size_t size = note->size < sizeof(bytes) ? note->size : sizeof(bytes);

	if (core->task_count && core_parts_read(core, note->offset, bytes, size))
		arch_core_note(&core->tasks[core->task_count - 1].registers, note->type, bytes,
			       size);
}

static bool take_note(struct core *core, const struct note *note, const char *name,
		      const char **problem)
{
	if (strcmp(name, "LINUX") == 0)
		take_registers(core, note);
	if (strcmp(name, "CORE") != 0)
		return true;
	if (note->type == NT_PRSTATUS)
		return take_status(core, note, problem);
	if (note->type == NT_FILE)
		return take_files(core, note, problem);
	if (is_of(note, NT_PRPSINFO, 1))
		take_process(core, note);
	else if (is_of(note, NT_AUXV, sizeof(Elf64_auxv_t)))
		take_auxiliary(core, note);
	return true;
}

static uint64_t align_note(uint64_t size)
{
	return (size + 3) & ~UINT64_C(3);
}

bool core_notes_read(struct core *core, uint64_t offset, uint64_t length, const char **problem)
{
	while (length >= sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr header;
		struct note note;
		char name[8] = "";
		uint64_t before;

		if (!core_parts_read(core, offset, &header, sizeof(header)))
			break;
		before = sizeof(header) + align_note(header.n_namesz);
		note = (struct note){header.n_type, offset + before, header.n_descsz};
		if (before > length || note.size > length - before ||
		    ++core->notes_seen > NOTES_MAX) {
			*problem = "its notes are damaged";
			return false;
		}
		if (header.n_namesz < sizeof(name) &&
		    !core_parts_read(core, offset + sizeof(header), name, header.n_namesz))
			break;
		if (!take_note(core, &note, name, problem))
			return false;
		before += align_note(note.size);
		offset += before;
		length -= before < length ? before : length;
	}
	return true;
}
