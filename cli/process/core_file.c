/*
 * A core file is opened and checked here, and answers under its number as a process does. Nothing
 * in it is believed: a size or a place that leads out of the file makes it damaged.
 */
#include "core_file.h"
#include "base/array.h"
#include "core_parts.h"
#include "stop.h"
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The kernel's PID_MAX_LIMIT: no process has a number above it. */
/* At AT_RANDOM: getauxval(3). */
#define RANDOM_BYTES 16
#define PROCESS_LAST (4 << 20)
/* A process with more mappings than this would need another vm.max_map_count than anybody has. */
#define SEGMENTS_MAX  (UINT64_C(1) << 20)
#define SEGMENTS_READ 64

static struct core **cores;
static size_t core_count, core_capacity;

static struct core *core_of(pid_t pid)
{
	size_t index = (size_t)pid - PROCESS_LAST - 1;

	return pid > PROCESS_LAST && index < core_count ? cores[index] : NULL;
}

bool core_parts_read(const struct core *core, uint64_t offset, void *to, size_t length)
{
	size_t done = 0;

	while (done < length && offset <= core->size) {
		ssize_t got = pread(core->descriptor, (char *)to + done, length - done,
				    (off_t)(offset + done));

		if (got <= 0 && !(got < 0 && errno == EINTR))
			return false;
		done += got > 0 ? (size_t)got : 0;
	}
	return done == length;
}

/* --- its headers --------------------------------------------------------------------- */

static const struct packing {
	const char *begins;
	size_t length;
	const char *problem;
} packings[] = {
	{"\050\265\057\375", 4,
	 "it is compressed: unpack it with `unzstd FILE`, or by `coredumpctl dump -o FILE PID`"},
	{"\004\042\115\030", 4,
	 "it is compressed: unpack it with `unlz4 FILE`, or by `coredumpctl dump -o FILE PID`"},
	{"\3757zXZ", 5,
	 "it is compressed: unpack it with `unxz FILE`, or by `coredumpctl dump -o FILE PID`"},
	{"\037\213", 2, "it is compressed: unpack it with `gunzip FILE`"},
	{"BZh", 3, "it is compressed: unpack it with `bunzip2 FILE`"},
};

static const char *name_packing(const Elf64_Ehdr *header)
{
	for (size_t i = 0; i < sizeof(packings) / sizeof(*packings); i++)
		if (memcmp(header, packings[i].begins, packings[i].length) == 0)
			return packings[i].problem;
	return "it is no core file";
}

static const char *check_header(const Elf64_Ehdr *header)
{
	if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
		return name_packing(header);
	if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB ||
	    header->e_machine != ARCH_ELF_MACHINE)
		return "it is of another architecture";
	if (header->e_type != ET_CORE)
		return "it is a program or a library, and no core file";
	if (header->e_phentsize != sizeof(Elf64_Phdr))
		return "its headers are damaged";
	return NULL;
}

/* elf(5): where e_phnum has no room for the number, the first section header has it. */
static bool count_segments(const struct core *core, const Elf64_Ehdr *header, uint64_t *count)
{
	Elf64_Shdr section;

	*count = header->e_phnum;
	if (header->e_phnum != PN_XNUM)
		return true;
	if (header->e_shentsize != sizeof(section) ||
	    !core_parts_read(core, header->e_shoff, &section, sizeof(section)))
		return false;
	*count = section.sh_info;
	return true;
}

static bool has_problem(const char **problem, const char *clause)
{
	*problem = clause;
	return false;
}

static bool add_segment(struct core *core, const Elf64_Phdr *segment, const char **problem)
{
	struct core_area area = {.start = segment->p_vaddr,
				 .offset = segment->p_offset,
				 .size = segment->p_filesz,
				 .object = CORE_NONE,
				 .writable = segment->p_flags & PF_W,
				 .executable = segment->p_flags & PF_X};
	uint64_t end;

	if (segment->p_type != PT_LOAD && segment->p_type != PT_NOTE)
		return true;
	if (__builtin_add_overflow(segment->p_offset, segment->p_filesz, &end))
		return has_problem(problem, "its headers are damaged");
	if (end > core->size)
		return has_problem(problem, "its end is missing: look at `ulimit -c`, at "
					    "ProcessSizeMax= and ExternalSizeMax= of "
					    "systemd-coredump, and at the room on that disk");
	if (segment->p_type == PT_NOTE || !segment->p_memsz)
		return true;
	if (segment->p_filesz > segment->p_memsz ||
	    __builtin_add_overflow(segment->p_vaddr, segment->p_memsz, &area.end))
		return has_problem(problem, "its headers are damaged");
	return core_memory_add_segment(core, &area) ||
	       has_problem(problem, "there is not enough memory for it");
}

static bool add_notes(struct core *core, const Elf64_Phdr *segment, const char **problem)
{
	return segment->p_type != PT_NOTE ||
	       core_notes_read(core, segment->p_offset, segment->p_filesz, problem);
}

/* Calls `take` for each segment until that has a problem. */
static bool each_segment(struct core *core, const Elf64_Ehdr *header, uint64_t count,
			 bool (*take)(struct core *core, const Elf64_Phdr *segment,
				      const char **problem),
			 const char **problem)
{
	Elf64_Phdr segments[SEGMENTS_READ];

	for (uint64_t i = 0; i < count; i++) {
		uint64_t left = count - i < SEGMENTS_READ ? count - i : SEGMENTS_READ;

		if (i % SEGMENTS_READ == 0 &&
		    !core_parts_read(core, header->e_phoff + i * sizeof(*segments), segments,
				     left * sizeof(*segments)))
			return has_problem(problem, "its headers are damaged");
		if (!take(core, &segments[i % SEGMENTS_READ], problem))
			return false;
	}
	return true;
}

static const char *read_headers(struct core *core)
{
	Elf64_Ehdr header = {.e_ident = ""};
	const char *problem;
	uint64_t count;

	if (core->size < sizeof(header))
		return "it is no core file";
	if (!core_parts_read(core, 0, &header, sizeof(header)))
		return "it cannot be read";
	problem = check_header(&header);
	if (problem)
		return problem;
	if (!count_segments(core, &header, &count) || count > SEGMENTS_MAX ||
	    header.e_phoff > core->size || count * sizeof(Elf64_Phdr) > core->size - header.e_phoff)
		return "its headers are damaged, or its end is missing";
	if (each_segment(core, &header, count, add_segment, &problem))
		each_segment(core, &header, count, add_notes, &problem);
	return problem;
}

/* --- its threads ------------------------------------------------------------------------ */

struct core_code {
	struct code_reader reader;
	struct core *core;
};

static bool read_code(const struct code_reader *reader, uint64_t address, void *to, size_t length)
{
	return core_memory_read(((const struct core_code *)reader)->core, address, to, length) ==
	       length;
}

static pid_t first_thread; /* of the core whose threads are sorted */

static int by_tid(const void *left, const void *right)
{
	const struct core_task *one = left, *other = right;

	if ((one->tid == first_thread) != (other->tid == first_thread))
		return one->tid == first_thread ? -1 : 1;
	return (one->tid > other->tid) - (one->tid < other->tid);
}

static bool is_number(pid_t number)
{
	return number > 0 && number <= PROCESS_LAST;
}

/* What libc's descriptor of it has. */
static pid_t number_in_memory(struct core *core, const struct core_task *task)
{
	uint64_t self = task->registers.task.self;
	pid_t number = 0;

	if (!self || core_memory_read(core, self + ARCH_DESCRIPTOR_TID, &number, sizeof(number)) !=
			     sizeof(number))
		return 0;
	return is_number(number) ? number : 0;
}

static bool is_repeated(const struct core *core, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (core->tasks[i].inner == core->tasks[index].inner)
			return true;
	return false;
}

static bool take_inner_numbers(struct core *core)
{
	for (size_t i = 0; i < core->task_count; i++) {
		core->tasks[i].inner = number_in_memory(core, &core->tasks[i]);
		if (!core->tasks[i].inner || is_repeated(core, i))
			return false;
	}
	return true;
}

/* The kernel writes what the process itself was told; a debugger what it sees, which is something
 * else from outside of a PID namespace. */
static void find_numbers(struct core *core)
{
	core->has_own_numbers = !core->is_debuggers ||
				number_in_memory(core, &core->tasks[0]) == core->tasks[0].tid;
	if (!core->has_own_numbers && core->task_count <= TASKS_MAX && take_inner_numbers(core))
		return;
	for (size_t i = 0; i < core->task_count; i++)
		core->tasks[i].inner = core->tasks[i].tid;
}

static const char *check_numbers(const struct core *core)
{
	for (size_t i = 0; i < core->task_count; i++)
		if (!is_number(core->tasks[i].tid) ||
		    (i && core->tasks[i].tid == core->tasks[i - 1].tid))
			return "its threads have numbers that no threads have";
	return is_number(core->pid) ? NULL : "its process has a number that no process has";
}

static const char *check_threads(struct core *core)
{
	struct core_code code = {{read_code}, core};
	const char *problem;

	if (!core->task_count)
		return "it has no threads: it is damaged, or no core of a process";
	/* The kernel begins with the thread that was ended. */
	core->signal = core->tasks[0].signal;
	if (core->is_debuggers && (core->signal == SIGTRAP || core->signal == SIGSTOP))
		core->signal = 0;
	if (!core->pid)
		core->pid = core->tasks[0].tid;
	first_thread = core->pid;
	qsort(core->tasks, core->task_count, sizeof(*core->tasks), by_tid);
	problem = check_numbers(core);
	if (problem)
		return problem;
	find_numbers(core);
	for (size_t i = 0; i < core->task_count; i++)
		if (!arch_core_is_in_call(&core->tasks[i].registers, &code.reader))
			core->tasks[i].registers.task.call = -1;
	return NULL;
}

/* --- opening ------------------------------------------------------------------------------ */

static void core_file_free(struct core *core)
{
	core_memory_free(core);
	free(core->tasks);
	if (core->descriptor >= 0)
		close(core->descriptor);
	free(core);
}

static const char *open_core(struct core *core, const char *path)
{
	struct stat status;

	/* A pipe would wait for its writer. */
	core->descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (core->descriptor < 0 || fstat(core->descriptor, &status))
		return strerror(errno);
	if (!S_ISREG(status.st_mode))
		return "it is no regular file";
	core->size = (uint64_t)status.st_size;
	core->written = status.st_mtim;
	return NULL;
}

static const char *fill_core(struct core *core, const char *core_path, const char *exe_path)
{
	const char *problem = open_core(core, core_path);

	if (!problem)
		problem = read_headers(core);
	if (!problem && !core_memory_finish(core))
		problem = "there is not enough memory for it";
	if (!problem && exe_path && !core_memory_use_program(core, exe_path))
		problem = "the program that was given is not the one that it is of";
	return problem ? problem : check_threads(core);
}

pid_t core_open(const char *core_path, const char *exe_path, const char **problem)
{
	struct core *core = calloc(1, sizeof(*core));

	*problem = "there is not enough memory for it";
	if (!core)
		return 0;
	core->descriptor = core->object_descriptor = -1;
	core->number = PROCESS_LAST + 1 + (pid_t)core_count;
	if (ARRAY_MAKE_ROOM(cores, core_count, core_capacity))
		*problem = fill_core(core, core_path, exe_path);
	if (*problem) {
		core_file_free(core);
		return 0;
	}
	cores[core_count++] = core;
	return core->number;
}

void core_close_all(void)
{
	for (size_t i = 0; i < core_count; i++)
		core_file_free(cores[i]);
	free(cores);
	cores = NULL;
	core_count = core_capacity = 0;
}

/* --- what is known of the process ----------------------------------------------------------- */

bool core_is(pid_t pid)
{
	return core_of(pid) != NULL;
}

pid_t core_pid(pid_t pid)
{
	return core_of(pid)->pid;
}

pid_t core_parent(pid_t pid)
{
	return core_of(pid)->parent;
}

pid_t core_open_parent(pid_t pid)
{
	pid_t parent = core_parent(pid);

	for (size_t i = 0; parent && i < core_count; i++)
		if (cores[i]->pid == parent)
			return cores[i]->number;
	return 0;
}

bool core_is_copy(pid_t pid, pid_t parent)
{
	const struct core *one = core_of(pid), *other = core_of(parent);
	uint8_t own[RANDOM_BYTES], theirs[RANDOM_BYTES];

	return one != other && one->random && one->random == other->random &&
	       core_read(pid, one->random, own, sizeof(own)) == sizeof(own) &&
	       core_read(parent, other->random, theirs, sizeof(theirs)) == sizeof(theirs) &&
	       memcmp(own, theirs, sizeof(own)) == 0;
}

const char *core_program(pid_t pid)
{
	const struct core *core = core_of(pid);

	return core->program == CORE_NONE ? core->name : core->objects[core->program].path;
}

size_t core_copy_program(pid_t pid, char *path, size_t capacity)
{
	const char *program = core_program(pid);
	size_t length = strlen(program);

	if (length > capacity)
		length = capacity;
	memcpy(path, program, length);
	return length;
}

const char *core_arguments(pid_t pid)
{
	return core_of(pid)->arguments;
}

int core_signal(pid_t pid)
{
	return core_of(pid)->signal;
}

const char *core_lost_file(pid_t pid)
{
	return core_memory_lost_file(core_of(pid));
}

size_t core_read(pid_t pid, uint64_t address, void *to, size_t capacity)
{
	return core_memory_read(core_of(pid), address, to, capacity);
}

bool core_has_own_numbers(pid_t pid)
{
	return core_of(pid)->has_own_numbers;
}

/* --- its threads, as a process has them --------------------------------------------------- */

static pid_t outer_tid(const struct core *core, const struct core_task *task)
{
	return task->tid == core->pid ? core->number : task->tid;
}

static const struct core_task *core_file_find_task(const struct core *core, pid_t tid)
{
	for (size_t i = 0; i < core->task_count; i++)
		if (outer_tid(core, &core->tasks[i]) == tid)
			return &core->tasks[i];
	return NULL;
}

static bool is_in_call(const struct core_task *task)
{
	return task->registers.task.call >= 0;
}

static char state_of(const struct core_task *task)
{
	return is_in_call(task) ? 'S' : 'R';
}

static void core_file_look_at_task(const struct core *core, const struct core_task *task,
				   struct task_look *look)
{
	*look = (struct task_look){
		.tid = outer_tid(core, task),
		.in_call = is_in_call(task),
		.number = task->registers.task.call,
		.sp = task->registers.task.stack.sp,
		.pc = task->registers.task.stack.pc,
		.blocked = task->blocked,
		.state = state_of(task),
	};
	memcpy(look->arguments, task->registers.arguments, sizeof(look->arguments));
}

bool core_look(pid_t pid, struct process_look *look)
{
	const struct core *core = core_of(pid);

	look->count = core->task_count < TASKS_MAX ? core->task_count : TASKS_MAX;
	look->complete = look->count == core->task_count;
	look->held = false;
	look->caught = UINT64_MAX;
	for (size_t i = 0; i < look->count; i++)
		core_file_look_at_task(core, &core->tasks[i], &look->tasks[i]);
	return true;
}

bool core_quick_check_task(pid_t pid, pid_t tid, struct task_look *look)
{
	const struct core *core = core_of(pid);
	const struct core_task *task = core_file_find_task(core, tid);

	if (task)
		core_file_look_at_task(core, task, look);
	return task != NULL;
}

char core_state(pid_t pid)
{
	return state_of(&core_of(pid)->tasks[0]);
}

unsigned core_task_count(pid_t pid)
{
	return (unsigned)core_of(pid)->task_count;
}

size_t core_tasks(pid_t pid, struct procfs_task *tasks, size_t capacity)
{
	const struct core *core = core_of(pid);
	size_t count = core->task_count < capacity ? core->task_count : capacity;

	for (size_t i = 0; i < count; i++) {
		tasks[i] = (struct procfs_task){.tid = outer_tid(core, &core->tasks[i])};
		core_name(pid, tasks[i].tid, tasks[i].name, sizeof(tasks[i].name));
	}
	return count;
}

void core_name(pid_t pid, pid_t tid, char *name, size_t capacity)
{
	snprintf(name, capacity, "%.*s", (int)capacity - 1, tid == pid ? core_of(pid)->name : "");
}

pid_t core_inner_tid(pid_t pid, pid_t tid)
{
	const struct core_task *task = core_file_find_task(core_of(pid), tid);

	if (task)
		return task->inner;
	return tid == pid ? core_pid(pid) : tid;
}

bool core_registers_of(pid_t pid, pid_t tid, struct task_registers *registers)
{
	const struct core_task *task = core_file_find_task(core_of(pid), tid);

	if (task)
		*registers = task->registers.task;
	return task != NULL;
}

/* --- its memory ----------------------------------------------------------------------------- */

bool core_each_mapping(pid_t pid, bool (*visit)(const struct mapping *mapping, void *data),
		       void *data)
{
	return core_memory_each(core_of(pid), visit, data);
}

/* futex(2), as maps_reach_in() has it; who else had the memory, nobody can be asked any more. */
enum reach core_reach(const struct mapping *mapping, bool is_private_wait)
{
	if (is_private_wait || (!mapping->inode && !mapping->shared))
		return REACH_PRIVATE;
	return mapping->shared || !mapping->writable ? REACH_UNKNOWN : REACH_PRIVATE;
}
