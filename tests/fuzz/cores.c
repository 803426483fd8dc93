/*
 * Hostile core files: opening one, its threads, its mappings and its memory. An input is a list
 * of patches to a small core that is laid out whole, and how much of it is there.
 */
#include "cli/process/core_file.h"
#include "cli/process/stop.h"
#include "fuzz.h"
#include "input.h"
#include <elf.h>
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/procfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE     4096
#define MEMORY   0x10000000u
#define CODE     0x20000000u
#define SEGMENTS 4

static uint8_t base[4 * PAGE], damaged[sizeof(base)];
static size_t base_size;
static struct process_look look;

static void add(const void *bytes, size_t size)
{
	memcpy(base + base_size, bytes, size);
	base_size += (size + 3) & ~(size_t)3;
}

static void add_note(uint32_t type, const void *bytes, size_t size)
{
	Elf64_Nhdr header = {sizeof("CORE"), (Elf64_Word)size, type};

	add(&header, sizeof(header));
	add("CORE", sizeof("CORE"));
	add(bytes, size);
}

/* Its registers are zeros but for the stack: a call that is over, read(). */
static void add_thread(pid_t tid)
{
	struct elf_prstatus status = {.pr_pid = tid, .pr_cursig = 6};

	memset(&status.pr_reg, 0, sizeof(status.pr_reg));
	add_note(NT_PRSTATUS, &status, sizeof(status));
}

static void add_notes(const char *path)
{
	struct elf_prpsinfo process = {.pr_pid = 10, .pr_ppid = 1, .pr_fname = "program"};
	uint64_t vector[] = {AT_ENTRY, CODE, AT_RANDOM, MEMORY + 64, AT_NULL, 0};
	struct {
		uint64_t count, unit, ranges[2][3];
		char names[64];
	} files = {2, PAGE, {{CODE, CODE + PAGE, 0}, {CODE + PAGE, CODE + 2 * PAGE, 1}}, ""};
	size_t length = strlen(path) + 1;

	memcpy(files.names, path, length);
	memcpy(files.names + length, path, length);
	add_thread(11);
	add_note(NT_PRPSINFO, &process, sizeof(process));
	add_note(NT_AUXV, vector, sizeof(vector));
	add_note(NT_FILE, &files, sizeof(files) - sizeof(files.names) + 2 * length);
	add_thread(10);
}

static void lay_out(void)
{
	Elf64_Ehdr header = {
		.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB},
		.e_type = ET_CORE,
		.e_machine = ARCH_ELF_MACHINE,
		.e_phoff = sizeof(header),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = SEGMENTS};
	Elf64_Phdr segments[SEGMENTS] = {
		{.p_type = PT_NOTE, .p_offset = sizeof(header) + sizeof(segments)},
		{PT_LOAD, PF_R | PF_W, 0, MEMORY, 0, 64, PAGE, 1},
		{PT_LOAD, PF_R, 0, CODE, 0, 64, PAGE, 1},
		{PT_LOAD, PF_R | PF_X, 0, CODE + PAGE, 0, 0, PAGE, 1}};

	base_size = segments[0].p_offset;
	add_notes("/proc/self/exe");
	segments[0].p_filesz = base_size - segments[0].p_offset;
	segments[1].p_offset = segments[2].p_offset = segments[3].p_offset = base_size;
	base_size += 64;
	memcpy(base, &header, sizeof(header));
	memcpy(base + sizeof(header), segments, sizeof(segments));
}

static bool read_ends(const struct mapping *mapping, void *core)
{
	uint8_t bytes[128];

	stop_read(*(pid_t *)core, mapping->start, bytes, sizeof(bytes));
	stop_read(*(pid_t *)core, mapping->end - 64, bytes, sizeof(bytes));
	return true;
}

static void use(pid_t core)
{
	struct procfs_task tasks[4];
	struct task_registers registers;
	char path[64];

	procfs_look(core, &look);
	for (size_t i = 0; i < look.count; i++)
		if (!core_registers_of(core, look.tasks[i].tid, &registers))
			errx(2, "a task without registers");
	procfs_tasks(core, tasks, 4);
	procfs_program(core, path, sizeof(path));
	maps_each(core, read_ends, &core);
	core_lost_file(core);
	core_has_own_numbers(core);
}

static bool judge(const uint8_t *bytes, size_t size)
{
	int file = memfd_create("core", MFD_CLOEXEC);
	const char *problem = NULL;
	char path[64];
	pid_t core;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	if (file < 0 || write(file, bytes, size) != (ssize_t)size)
		err(2, "memfd");
	core = core_open(path, NULL, &problem);
	if ((core == 0) != (problem != NULL))
		errx(2, "a problem, or a number");
	if (core)
		use(core);
	core_close_all();
	close(file);
	return core != 0;
}

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
	(void)count;
	(void)arguments;
	lay_out();
	if (!judge(base, base_size) || look.count != 2)
		errx(2, "the core that nobody has spoilt is refused");
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	struct input input = {data, length};
	size_t size = base_size;

	memcpy(damaged, base, base_size);
	while (input.left) {
		uint32_t how = input_take(&input, 1) % 8;
		uint64_t special;

		if (how == 0)
			size = input_take(&input, 2) % (base_size + 1);
		else if (how < 5)
			input_overwrite(&input, damaged, base_size);
		else {
			special = input_take_special(&input);
			memcpy(damaged + input_take(&input, 2) % (base_size - sizeof(special)),
			       &special, how == 5 ? 4 : 8);
		}
	}
	judge(damaged, size);
	return 0;
}
