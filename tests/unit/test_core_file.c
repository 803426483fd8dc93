/*
 * Core files: one that the test makes of a child with ptrace, as the kernel and as a debugger lay
 * it out, and damaged ones.
 */
#include "attach/attach.h"
#include "hangs/child/proof.h"
#include "process/core_file.h"
#include "process/holders.h"
#include "process/io_rings.h"
#include "process/stop.h"
#include "suites.h"
#include "support.h"
#include <check.h>
#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/procfs.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS      3
#define SEGMENTS_MAX 4096
#define NOTES_MAX    (1 << 20)
#define CONTENTS_MAX (1 << 18)

static struct process_look look, live_look;

/* --- making one --------------------------------------------------------------------- */

struct maker {
	pid_t pid;
	bool is_debuggers;
	int signal;
	Elf64_Phdr segments[SEGMENTS_MAX];
	uint8_t *contents[SEGMENTS_MAX];
	size_t count;
	uint8_t notes[NOTES_MAX];
	size_t length;
	uint64_t ranges[SEGMENTS_MAX][3]; /* NT_FILE */
	char names[NOTES_MAX];
	size_t range_count, names_length;
	uint64_t selves[THREADS]; /* pthread_self() of each */
	size_t self_count;
};

static struct maker maker;

static void add_note(const char *owner, uint32_t type, const void *contents, size_t size)
{
	Elf64_Nhdr header = {(Elf64_Word)strlen(owner) + 1, (Elf64_Word)size, type};
	size_t needed = sizeof(header) + 8 + size + 4;

	ck_assert_uint_lt(maker.length + needed, sizeof(maker.notes));
	memcpy(maker.notes + maker.length, &header, sizeof(header));
	strcpy((char *)maker.notes + maker.length + sizeof(header), owner);
	maker.length += sizeof(header) + 8;
	memcpy(maker.notes + maker.length, contents, size);
	maker.length += (size + 3) & ~(size_t)3;
}

static void add_process_note(void)
{
	struct elf_prpsinfo process = {.pr_sname = 'S', .pr_pid = maker.pid, .pr_ppid = getpid()};

	procfs_name(maker.pid, maker.pid, process.pr_fname, sizeof(process.pr_fname));
	strcpy(process.pr_psargs, "program --with arguments");
	add_note("CORE", NT_PRPSINFO, &process, sizeof(process));
}

static void hold(pid_t tid)
{
	int status;

	ck_assert_int_eq(ptrace(PTRACE_SEIZE, tid, NULL, NULL), 0);
	ck_assert_int_eq(ptrace(PTRACE_INTERRUPT, tid, NULL, NULL), 0);
	ck_assert_int_eq(waitpid(tid, &status, __WALL), tid);
}

static void add_thread_notes(pid_t tid)
{
	struct elf_prstatus status = {.pr_pid = tid, .pr_cursig = (short)maker.signal};
	struct iovec set = {&status.pr_reg, sizeof(status.pr_reg)};
	uint8_t own[64];
	struct iovec rest = {own, sizeof(own)};

	status.pr_info.si_signo = maker.signal;
	hold(tid);
	ck_assert_int_eq(ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &set), 0);
	if (maker.self_count < THREADS)
		maker.selves[maker.self_count++] = stop_thread_pointer(maker.pid, tid);
	add_note("CORE", NT_PRSTATUS, &status, sizeof(status));
	/* aarch64 has the thread's own register in it; others have no such set. */
	if (ptrace(PTRACE_GETREGSET, tid, NT_ARM_TLS, &rest) == 0)
		add_note("LINUX", NT_ARM_TLS, own, rest.iov_len);
	ptrace(PTRACE_DETACH, tid, NULL, NULL);
}

static void add_threads(void)
{
	for (size_t i = 0; i < live_look.count; i++)
		add_thread_notes(live_look.tasks[i].tid);
}

static void add_auxiliary_note(void)
{
	uint8_t vector[4096];
	char path[64];
	int file;
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/auxv", maker.pid);
	file = open(path, O_RDONLY);
	length = read(file, vector, sizeof(vector));
	close(file);
	ck_assert_int_gt(length, 0);
	add_note("CORE", NT_AUXV, vector, (size_t)length);
}

static void add_files_note(uint64_t unit)
{
	size_t size = 16 + maker.range_count * 24;
	uint8_t *list = calloc(1, size + maker.names_length);
	uint64_t head[2] = {maker.range_count, unit};

	memcpy(list, head, sizeof(head));
	for (size_t i = 0; i < maker.range_count; i++) {
		uint64_t range[3] = {maker.ranges[i][0], maker.ranges[i][1],
				     maker.ranges[i][2] / unit};

		memcpy(list + 16 + i * 24, range, sizeof(range));
	}
	memcpy(list + size, maker.names, maker.names_length);
	add_note("CORE", NT_FILE, list, size + maker.names_length);
	free(list);
}

static void add_range(uint64_t start, uint64_t end, uint64_t offset, const char *path)
{
	uint64_t *range = maker.ranges[maker.range_count++];

	ck_assert_uint_lt(maker.range_count, SEGMENTS_MAX);
	ck_assert_uint_lt(maker.names_length + strlen(path) + 1, sizeof(maker.names));
	range[0] = start;
	range[1] = end;
	range[2] = offset;
	strcpy(maker.names + maker.names_length, path);
	maker.names_length += strlen(path) + 1;
}

/* `size` bytes of the process, which the core shall have. */
static void add_segment(uint64_t start, uint64_t end, uint32_t flags, size_t size)
{
	ck_assert_uint_lt(maker.count, SEGMENTS_MAX);
	maker.contents[maker.count] = malloc(size + 1);
	if (size)
		size = stop_read(maker.pid, start, maker.contents[maker.count], size);
	maker.segments[maker.count++] = (Elf64_Phdr){.p_type = PT_LOAD,
						     .p_flags = flags,
						     .p_vaddr = start,
						     .p_memsz = end - start,
						     .p_filesz = size,
						     .p_align = 1};
}

static bool is_head_of_file(const struct mapping *mapping)
{
	uint8_t magic[SELFMAG];

	return mapping->path[0] == '/' && !mapping->offset &&
	       stop_read(maker.pid, mapping->start, magic, SELFMAG) == SELFMAG &&
	       memcmp(magic, ELFMAG, SELFMAG) == 0;
}

/* Of a mapping that is too large, the pages with libc's descriptors of threads. */
static void add_descriptors(const struct mapping *mapping, uint32_t flags)
{
	for (size_t i = 0; i < maker.self_count; i++) {
		uint64_t start = maker.selves[i] & ~UINT64_C(4095);
		uint64_t end = start + 8192 < mapping->end ? start + 8192 : mapping->end;

		if (start >= mapping->start && start < end)
			add_segment(start, end, flags, end - start);
	}
}

/*
 * The kernel has a segment for each mapping and leaves out what no one wrote to; a debugger leaves
 * such a segment out altogether. Large ones are left out, too: a sanitizer's are terabytes.
 */
static bool add_mapping(const struct mapping *mapping, void *nothing)
{
	size_t size = mapping->end - mapping->start;
	uint32_t flags = PF_R | (mapping->writable ? PF_W : 0u) | (mapping->executable ? PF_X : 0u);
	bool is_written = mapping->writable || mapping->path[0] == '[';
	bool is_small = size <= CONTENTS_MAX || mapping->path[0] == '/';

	(void)nothing;
	if (mapping->path[0] == '/')
		add_range(mapping->start, mapping->end, mapping->offset, mapping->path);
	if (is_head_of_file(mapping))
		add_segment(mapping->start, mapping->end, flags, 4096);
	else if (is_written && is_small)
		add_segment(mapping->start, mapping->end, flags, size);
	else if (!maker.is_debuggers)
		add_segment(mapping->start, mapping->end, flags, 0);
	else
		add_descriptors(mapping, flags);
	return true;
}

static void write_all(int file, const void *bytes, size_t size)
{
	ck_assert_int_eq(write(file, bytes, size), (ssize_t)size);
}

static void write_core(const char *path)
{
	Elf64_Ehdr header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
					 ELFDATA2LSB, EV_CURRENT},
			     .e_type = ET_CORE,
			     .e_machine = ARCH_ELF_MACHINE,
			     .e_version = EV_CURRENT,
			     .e_phoff = sizeof(header),
			     .e_ehsize = sizeof(header),
			     .e_phentsize = sizeof(Elf64_Phdr),
			     .e_phnum = (Elf64_Half)(maker.count + 1)};
	uint64_t offset = sizeof(header) + header.e_phnum * sizeof(Elf64_Phdr);
	Elf64_Phdr notes = {.p_type = PT_NOTE, .p_offset = offset, .p_filesz = maker.length};
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(file, 0);
	write_all(file, &header, sizeof(header));
	write_all(file, &notes, sizeof(notes));
	offset += maker.length;
	for (size_t i = 0; i < maker.count; i++) {
		maker.segments[i].p_offset = offset;
		offset += maker.segments[i].p_filesz;
	}
	write_all(file, maker.segments, maker.count * sizeof(Elf64_Phdr));
	write_all(file, maker.notes, maker.length);
	for (size_t i = 0; i < maker.count; i++)
		write_all(file, maker.contents[i], maker.segments[i].p_filesz);
	close(file);
}

static void forget(void)
{
	for (size_t i = 0; i < maker.count; i++)
		free(maker.contents[i]);
	maker.count = maker.length = maker.range_count = maker.names_length = maker.self_count = 0;
}

static void make_core(const char *path, pid_t pid, bool is_debuggers, int signal)
{
	forget();
	maker.pid = pid;
	maker.is_debuggers = is_debuggers;
	maker.signal = signal;
	if (is_debuggers)
		add_process_note();
	add_threads();
	if (!is_debuggers)
		add_process_note();
	add_auxiliary_note();
	maps_each(pid, add_mapping, NULL);
	add_files_note(is_debuggers ? 1 : 4096);
	write_core(path);
	forget();
}

/* --- a child that waits, and its core -------------------------------------------------- */

static const char *folder;
static char core_path[600];
static pid_t child, core;
static uint32_t *shared_word;

static bool all_wait(void *nothing)
{
	(void)nothing;
	if (!procfs_look(child, &live_look) || live_look.count != THREADS)
		return false;
	for (size_t i = 0; i < live_look.count; i++)
		if (!procfs_is_futex_wait(&live_look.tasks[i]))
			return false;
	return true;
}

static pid_t open_or_fail(const char *path)
{
	const char *problem;
	pid_t number = core_open(path, NULL, &problem);

	ck_assert_msg(number > 0, "%s", problem);
	ck_assert_ptr_null(problem);
	return number;
}

static void start_child(void)
{
	int threads = THREADS;

	folder = support_folder();
	snprintf(core_path, sizeof(core_path), "%s/dump", folder);
	shared_word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	child = support_child(support_wait, &threads);
	ck_assert(support_until(all_wait, NULL));
}

static void finish(void)
{
	core_close_all();
	support_end_child(child);
	munmap(shared_word, 4096);
	support_remove_folder(folder);
}

/* As the kernel has it, or as a debugger. */
static void start(bool is_debuggers)
{
	start_child();
	make_core(core_path, child, is_debuggers, is_debuggers ? SIGTRAP : SIGABRT);
	core = open_or_fail(core_path);
}

START_TEST(knows_the_process)
{
	char name[32], parents_name[32];

	start(_i);
	ck_assert_int_gt(core, 4194304);
	ck_assert(core_is(core));
	ck_assert(!core_is(core + 1));
	ck_assert(!core_is(child));
	ck_assert(!core_is(0));
	ck_assert(!core_is(-1));
	ck_assert_int_eq(core_pid(core), child);
	ck_assert_int_eq(core_parent(core), getpid());
	ck_assert_int_eq(core_signal(core), _i ? 0 : SIGABRT);
	ck_assert_str_eq(core_arguments(core), "program --with arguments");
	procfs_name(core, core, name, sizeof(name));
	procfs_name(getpid(), getpid(), parents_name, sizeof(parents_name));
	ck_assert_str_eq(name, parents_name);
	procfs_name(core, live_look.tasks[1].tid, name, sizeof(name));
	ck_assert_str_eq(name, "");
	ck_assert(core_has_own_numbers(core));
	ck_assert_ptr_null(core_lost_file(core));
	core_close_all();
	ck_assert(!core_is(core));
	finish();
}
END_TEST

START_TEST(knows_its_program)
{
	char then[1024], now[1024];
	size_t length;

	start(_i);
	length = procfs_program(core, then, sizeof(then));
	ck_assert_uint_eq(length, procfs_program(child, now, sizeof(now)));
	ck_assert_mem_eq(then, now, length);
	ck_assert_uint_eq(strlen(core_program(core)), length);
	finish();
}
END_TEST

/* What a task waits in is what /proc said of it while it lived. */
START_TEST(sees_what_each_thread_waits_in)
{
	struct procfs_task tasks[THREADS + 1];

	start(_i);
	ck_assert(procfs_look(core, &look));
	ck_assert_uint_eq(look.count, THREADS);
	ck_assert(look.complete);
	ck_assert(!look.held);
	ck_assert_int_eq(look.tasks[0].tid, core);
	ck_assert_uint_eq(procfs_task_count(core), THREADS);
	ck_assert_uint_eq(procfs_tasks(core, tasks, THREADS + 1), THREADS);
	ck_assert_uint_eq(procfs_tasks(core, tasks, 1), 1);
	for (size_t i = 0; i < THREADS; i++) {
		struct task_look then = look.tasks[i], alone;

		ck_assert(procfs_quick_check_task(core, then.tid, &alone));
		ck_assert(procfs_same_task(&then, &alone));
		ck_assert_int_eq(then.state, 'S');
		ck_assert_int_eq(tasks[i].tid, then.tid);
		ck_assert_int_eq(procfs_inner_tid(core, then.tid), live_look.tasks[i].tid);
		then.tid = live_look.tasks[i].tid;
		ck_assert(procfs_same_place(&then, &live_look.tasks[i]));
		ck_assert_int_eq(then.number, SYS_futex);
	}
	ck_assert_int_eq(procfs_inner_pid(core), child);
	ck_assert_int_eq(procfs_state(core), 'S');
	ck_assert(!procfs_quick_check_task(core, child, &look.tasks[0]));
	finish();
}
END_TEST

static void wait_and_spin(void *nothing)
{
	pthread_t thread;

	(void)nothing;
	if (pthread_create(&thread, NULL, (void *(*)(void *))(uintptr_t)support_spin, NULL))
		abort();
	support_wait(NULL);
}

static bool one_waits_one_runs(void *nothing)
{
	(void)nothing;
	return procfs_look(child, &live_look) && live_look.count == 2 &&
	       procfs_is_futex_wait(&live_look.tasks[0]) && !live_look.tasks[1].in_call &&
	       live_look.tasks[1].state == 'R';
}

START_TEST(tells_who_runs)
{
	folder = support_folder();
	snprintf(core_path, sizeof(core_path), "%s/dump", folder);
	shared_word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	child = support_child(wait_and_spin, NULL);
	ck_assert(support_until(one_waits_one_runs, NULL));
	make_core(core_path, child, false, SIGABRT);
	core = open_or_fail(core_path);
	ck_assert(procfs_look(core, &look));
	ck_assert(look.tasks[0].in_call);
	ck_assert(!look.tasks[1].in_call);
	ck_assert_int_eq(look.tasks[1].state, 'R');
	finish();
}
END_TEST

/* Pages of the heap and of the stack from the core, code from the file that was mapped. */
START_TEST(reads_memory)
{
	uint8_t code[512], word[4];
	struct mapping mapping;

	start(_i);
	ck_assert_uint_eq(stop_read(core, (uintptr_t)&support_word, word, 4), 4);
	ck_assert_mem_eq(word, &support_word, 4);
	ck_assert_uint_eq(stop_read(core, (uintptr_t)support_spin, code, sizeof(code)),
			  sizeof(code));
	ck_assert_mem_eq(code, (const void *)(uintptr_t)support_spin, sizeof(code));
	ck_assert_uint_eq(stop_read(core, 0, code, sizeof(code)), 0);
	ck_assert_uint_eq(stop_read(core, UINT64_MAX - 3, code, sizeof(code)), 0);
	/* What is behind a mapping is not there. */
	ck_assert(maps_find(core, (uintptr_t)shared_word, &mapping));
	ck_assert_uint_ge(stop_read(core, mapping.end - 16, code, 16), 16);
	finish();
}
END_TEST

static uint64_t heap;

static bool find_names(const struct mapping *mapping, void *data)
{
	unsigned *found = data;

	*found |= strcmp(mapping->path, "[stack]") == 0 ? 1u : 0u;
	*found |= strcmp(mapping->path, "[vdso]") == 0 ? 2u : 0u;
	if (strcmp(mapping->path, "[heap]") == 0)
		*found |= mapping->start == heap ? 4u : 8u;
	return true;
}

static bool find_heap(const struct mapping *mapping, void *nothing)
{
	(void)nothing;
	if (strcmp(mapping->path, "[heap]") == 0)
		heap = mapping->start;
	return true;
}

START_TEST(knows_whose_memory_it_is)
{
	struct mapping then, now;
	unsigned found = 0;

	start(_i);
	ck_assert(maps_find(core, (uintptr_t)&support_word, &then));
	ck_assert(maps_find(child, (uintptr_t)&support_word, &now));
	ck_assert_uint_eq(then.start, now.start);
	ck_assert(then.writable && !then.shared);
	ck_assert_int_eq(maps_reach(core, (uintptr_t)&support_word, false), REACH_PRIVATE);
	ck_assert(maps_find(core, (uintptr_t)support_spin, &then));
	ck_assert(maps_find(child, (uintptr_t)support_spin, &now));
	ck_assert_uint_eq(then.start, now.start);
	ck_assert_uint_eq(then.offset, now.offset);
	ck_assert_uint_eq(then.inode, now.inode);
	ck_assert_str_eq(then.path, now.path);
	ck_assert(then.executable && !then.writable && !then.shared);
	ck_assert(maps_find(core, (uintptr_t)shared_word, &then));
	ck_assert(then.shared);
	ck_assert_int_eq(maps_reach(core, (uintptr_t)shared_word, false), REACH_UNKNOWN);
	ck_assert_int_eq(maps_reach(core, (uintptr_t)shared_word, true), REACH_PRIVATE);
	ck_assert(!maps_find(core, 0, &then));
	ck_assert(!maps_is_without_memory(core));
	maps_each(child, find_heap, NULL);
	maps_each(core, find_names, &found);
	ck_assert_uint_eq(found, heap ? 7 : 3);
	finish();
}
END_TEST

/* So that it proves nothing. */
START_TEST(answers_what_it_cannot_know_as_if_it_was_so)
{
	struct process_wait wait;
	struct task_look task;
	uint64_t ticks;

	start(_i);
	ck_assert(procfs_has_children(core));
	ck_assert(procfs_has_timers(core));
	ck_assert(io_rings_any_busy(core));
	ck_assert(procfs_shares_memory(core));
	ck_assert(procfs_catches(core, SIGUSR1));
	ck_assert(procfs_has_variable(core, "ANY"));
	ck_assert(!procfs_has_random_layout(core));
	ck_assert_uint_eq(procfs_start_time(core), 0);
	ck_assert_uint_eq(procfs_io(core), 0);
	ck_assert_int_eq(procfs_usage(core, &ticks), 'S');
	ck_assert_uint_eq(ticks, 0);
	ck_assert_int_eq(procfs_parent(core), 0);
	ck_assert_int_eq(procfs_tracer(core), 0);
	ck_assert(procfs_look(core, &look));
	ck_assert_uint_eq(look.caught, UINT64_MAX);
	wait = holders_classify(core, &look.tasks[0]);
	ck_assert_int_eq(wait.kind, AWAITED_OWN);
	/* A child of that number would be one of today. */
	task = (struct task_look){.tid = core,
				  .in_call = true,
				  .number = SYS_wait4,
				  .state = 'S',
				  .arguments = {(uint64_t)child}};
	wait = holders_classify(core, &task);
	ck_assert_int_eq(wait.kind, AWAITED_UNKNOWN);
	finish();
}
END_TEST

START_TEST(is_held_at_once)
{
	struct stack_registers registers;
	struct stopped stopped;

	start(_i);
	ck_assert(procfs_look(core, &look));
	ck_assert_int_eq(stop_process(&stopped, core, &look, true), STOP_HELD);
	ck_assert_uint_eq(stopped.count, THREADS);
	for (size_t i = 0; i < look.count; i++) {
		ck_assert(stop_registers(&stopped, look.tasks[i].tid, &registers));
		ck_assert_uint_eq(registers.sp, look.tasks[i].sp);
	}
	/* The child's first thread is a copy of this one. */
	ck_assert_uint_eq(stop_thread_pointer(core, core), (uintptr_t)pthread_self());
	ck_assert_uint_ne(stop_thread_pointer(core, look.tasks[1].tid), (uintptr_t)pthread_self());
	ck_assert_uint_eq(stop_thread_pointer(core, child), 0);
	ck_assert(!stop_registers(&stopped, child, &registers));
	stop_release(&stopped);
	ck_assert_int_eq(stop_task(&stopped, core, &look, &look.tasks[1]), STOP_HELD);
	ck_assert_uint_eq(stopped.count, 1);
	stop_release(&stopped);
	finish();
}
END_TEST

/* From outside of its PID namespace a debugger sees other numbers than its locks have. */
START_TEST(notices_numbers_that_are_not_its_own)
{
	struct elf_prpsinfo process;
	struct elf_prstatus status;

	start_child();
	make_core(core_path, child, true, 0);
	core = open_or_fail(core_path);
	ck_assert(core_has_own_numbers(core));
	forget();
	maker.pid = child;
	maker.is_debuggers = true;
	add_process_note();
	add_threads();
	memcpy(&process, maker.notes + 20, sizeof(process));
	process.pr_pid = 77;
	memcpy(maker.notes + 20, &process, sizeof(process));
	memcpy(&status, maker.notes + 20 + sizeof(process) + 20, sizeof(status));
	status.pr_pid = 77;
	memcpy(maker.notes + 20 + sizeof(process) + 20, &status, sizeof(status));
	maps_each(child, add_mapping, NULL);
	add_files_note(1);
	write_core(core_path);
	forget();
	core = open_or_fail(core_path);
	ck_assert_int_eq(core_pid(core), 77);
	ck_assert(!core_has_own_numbers(core));
	/* Those in its memory are its own, and every thread has one. */
	ck_assert_int_eq(procfs_inner_pid(core), child);
	ck_assert(procfs_look(core, &look));
	ck_assert_int_eq(procfs_inner_tid(core, look.tasks[1].tid), look.tasks[1].tid);
	finish();
}
END_TEST

START_TEST(opens_several)
{
	char path[620];
	pid_t other;

	start(false);
	snprintf(path, sizeof(path), "%s/parent", folder);
	forget();
	maker.pid = getpid();
	add_process_note();
	/* The parent's registers are the child's here: a process cannot trace itself. */
	for (size_t i = 0; i < live_look.count; i++)
		add_thread_notes(live_look.tasks[i].tid);
	write_core(path);
	forget();
	other = open_or_fail(path);
	ck_assert_int_ne(other, core);
	ck_assert_int_eq(core_pid(other), getpid());
	ck_assert_int_eq(core_pid(core), child);
	ck_assert_int_eq(procfs_parent(core), other);
	ck_assert_uint_eq(stop_read(other, (uintptr_t)&support_word, path, 4), 0);
	finish();
}
END_TEST

/* --- what it is good for ---------------------------------------------------------------- */

/* Not among the zeros, of which this program has more than goes into a core here. */
static struct {
	int is_in_data;
	pthread_mutex_t lock;
} lost = {1, PTHREAD_MUTEX_INITIALIZER};
static pthread_barrier_t taken;

static void *hold_lock(void *nothing)
{
	(void)nothing;
	pthread_mutex_lock(&lost.lock);
	pthread_barrier_wait(&taken);
	support_wait(NULL);
	return NULL;
}

/* The thread's stack is small: the core has all of it. */
static void hang_in_a_fork_child(void *nothing)
{
	pthread_attr_t attributes;
	pthread_t thread;
	pid_t forked;

	(void)nothing;
	pthread_barrier_init(&taken, NULL, 2);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 1 << 16);
	if (pthread_create(&thread, &attributes, hold_lock, NULL))
		abort();
	pthread_barrier_wait(&taken);
	forked = fork();
	if (forked == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pthread_mutex_lock(&lost.lock);
	}
	__atomic_store_n(shared_word, (uint32_t)forked, __ATOMIC_RELEASE);
	support_wait(NULL);
}

static bool fork_child_waits(void *nothing)
{
	pid_t forked = (pid_t)__atomic_load_n(shared_word, __ATOMIC_ACQUIRE);

	(void)nothing;
	return forked > 0 && procfs_look(forked, &live_look) && live_look.count == 1 &&
	       procfs_is_untimed_futex_wait(&live_look.tasks[0]);
}

/* It is watched and judged as a process is. */
START_TEST(tells_of_an_orphaned_lock)
{
	static struct attach attach;
	const struct watched *watched;
	char problem[512];

	folder = support_folder();
	snprintf(core_path, sizeof(core_path), "%s/dump", folder);
	shared_word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	child = support_child(hang_in_a_fork_child, NULL);
	ck_assert(support_until(fork_child_waits, NULL));
	make_core(core_path, (pid_t)*shared_word, _i, 0);
	core = open_or_fail(core_path);
	ck_assert_int_eq(attach_open(&attach, 1000), 0);
	ck_assert_msg(attach_add(&attach, core, problem, sizeof(problem)), "%s", problem);
	ck_assert(attach_follow(&attach, 10000));
	ck_assert_uint_eq(attach.watch.set.count, 1);
	watched = attach.watch.set.list[0];
	ck_assert_int_eq(watched->pid, core);
	ck_assert(watched->is_missing_threads);
	ck_assert_int_eq(watched->told.evidence, EVIDENCE_HOLDER);
	attach_close(&attach);
	finish();
}
END_TEST

/* --- files that are not there any more ------------------------------------------------- */

static const char *copy_program(void)
{
	static char path[620];
	char command[1400];

	snprintf(path, sizeof(path), "%s/program", folder);
	snprintf(command, sizeof(command), "cp /proc/%d/exe %s", getpid(), path);
	ck_assert_int_eq(system(command), 0);
	return path;
}

/* The core of a process that ran the copy: so its list of files says. */
static void make_core_of(const char *path)
{
	char program[1024];
	size_t length = procfs_program(child, program, sizeof(program) - 1);

	program[length] = '\0';
	forget();
	maker.pid = child;
	maker.is_debuggers = false;
	maker.signal = SIGABRT;
	add_threads();
	add_process_note();
	add_auxiliary_note();
	maps_each(child, add_mapping, NULL);
	maker.range_count = maker.names_length = 0;
	for (size_t i = 0; i < maker.count; i++) {
		struct mapping part;

		if (maps_find(child, maker.segments[i].p_vaddr, &part) &&
		    strcmp(part.path, program) == 0)
			add_range(part.start, part.end, part.offset, path);
	}
	add_files_note(4096);
	write_core(core_path);
	forget();
}

static void spoil(const char *path)
{
	int file = open(path, O_WRONLY);

	ck_assert_int_eq(pwrite(file, "spoilt", 6, 0x300), 6);
	close(file);
}

START_TEST(does_not_read_a_file_that_was_replaced)
{
	const char *copy;
	struct mapping mapping;
	uint8_t code[16];

	start_child();
	copy = copy_program();
	make_core_of(copy);
	core = open_or_fail(core_path);
	ck_assert_str_eq(core_program(core), copy);
	ck_assert_ptr_null(core_lost_file(core));
	ck_assert_uint_eq(stop_read(core, (uintptr_t)support_spin, code, 16), 16);
	core_close_all();

	spoil(copy);
	core = open_or_fail(core_path);
	ck_assert_str_eq(core_lost_file(core), copy);
	ck_assert_uint_eq(stop_read(core, (uintptr_t)support_spin, code, 16), 0);
	ck_assert(maps_find(core, (uintptr_t)support_spin, &mapping));
	ck_assert_ptr_nonnull(strstr(mapping.path, " (deleted)"));
	/* What was written to is in the core. */
	ck_assert_uint_eq(stop_read(core, (uintptr_t)&support_word, code, 4), 4);
	core_close_all();

	ck_assert_int_eq(unlink(copy), 0);
	core = open_or_fail(core_path);
	ck_assert_str_eq(core_lost_file(core), copy);
	ck_assert_uint_eq(stop_read(core, (uintptr_t)support_spin, code, 16), 0);
	finish();
}
END_TEST

static void date_core(time_t distance)
{
	struct timespec times[2] = {{.tv_sec = time(NULL) + distance}};

	times[1] = times[0];
	ck_assert_int_eq(utimensat(AT_FDCWD, core_path, times, 0), 0);
}

/* Without a first page to compare, the time must do. What can be written to is not in the file. */
START_TEST(trusts_a_file_that_is_older)
{
	struct mapping code, part;
	uint8_t byte;

	start_child();
	ck_assert(maps_find(child, (uintptr_t)support_spin, &code));
	ck_assert_uint_gt(code.end - code.start, 4096);
	forget();
	maker.pid = child;
	add_threads();
	add_range(code.start, code.end, code.offset, copy_program());
	add_segment(code.start, code.start + 4096, PF_R | PF_X, 0);
	add_segment(code.start + 4096, code.end, PF_R | PF_W, 0);
	add_files_note(4096);
	write_core(core_path);
	forget();
	date_core(3600);
	core = open_or_fail(core_path);
	ck_assert_ptr_null(core_lost_file(core));
	ck_assert_uint_eq(stop_read(core, code.start, &byte, 1), 1);
	ck_assert_uint_eq(byte, *(const uint8_t *)(uintptr_t)code.start);
	ck_assert_uint_eq(stop_read(core, code.start + 4096, &byte, 1), 0);
	ck_assert(maps_find(core, code.start + 4096, &part));
	ck_assert_uint_eq(part.offset, code.offset + 4096);
	core_close_all();
	date_core(-3600);
	core = open_or_fail(core_path);
	ck_assert_ptr_nonnull(core_lost_file(core));
	ck_assert_uint_eq(stop_read(core, code.start, &byte, 1), 0);
	finish();
}
END_TEST

START_TEST(takes_the_program_that_is_given)
{
	const char *problem, *copy;
	char own[1024], moved[700];
	uint8_t code[16];

	start_child();
	copy = copy_program();
	make_core_of(copy);
	snprintf(moved, sizeof(moved), "%s/moved", folder);
	ck_assert_int_eq(rename(copy, moved), 0);
	core = core_open(core_path, moved, &problem);
	ck_assert_msg(core > 0, "%s", problem);
	own[procfs_program(core, own, sizeof(own) - 1)] = '\0';
	ck_assert_ptr_nonnull(strstr(own, "/moved"));
	ck_assert_uint_eq(stop_read(core, (uintptr_t)support_spin, code, 16), 16);
	ck_assert_int_eq(core_open(core_path, "/bin/true", &problem), 0);
	ck_assert_ptr_nonnull(strstr(problem, "the program that was given"));
	ck_assert_int_eq(core_open(core_path, "/nowhere", &problem), 0);
	finish();
}
END_TEST

/* --- the kernel's own ------------------------------------------------------------------ */

static void wait_in_folder(void *threads)
{
	const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};

	if (chdir(folder) || setrlimit(RLIMIT_CORE, &unlimited))
		_exit(1);
	support_wait(threads);
}

/* Where a core is a file in the folder of its process; others go to a program. */
static bool has_plain_cores(void)
{
	char *pattern = support_file("/proc/sys/kernel/core_pattern");
	struct rlimit limit;
	bool is_plain = !strchr(pattern, '|') && !strchr(pattern, '/') &&
			getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max == RLIM_INFINITY;

	free(pattern);
	return is_plain;
}

static void find_core(void)
{
	DIR *files = opendir(folder);
	const struct dirent *entry;

	while ((entry = readdir(files)))
		if (entry->d_name[0] != '.')
			snprintf(core_path, sizeof(core_path), "%s/%.64s", folder, entry->d_name);
	closedir(files);
}

START_TEST(reads_what_the_kernel_writes)
{
	int threads = THREADS, status;
	uint32_t word;

	if (!has_plain_cores())
		return;
	folder = support_folder();
	child = support_child(wait_in_folder, &threads);
	ck_assert(support_until(all_wait, NULL));
	kill(child, SIGABRT);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFSIGNALED(status) && WCOREDUMP(status));
	find_core();
	core = open_or_fail(core_path);
	ck_assert_int_eq(core_pid(core), child);
	ck_assert_int_eq(core_parent(core), getpid());
	ck_assert_int_eq(core_signal(core), SIGABRT);
	ck_assert(core_has_own_numbers(core));
	ck_assert_ptr_null(core_lost_file(core));
	ck_assert_uint_eq(stop_read(core, (uintptr_t)&support_word, &word, 4), 4);
	ck_assert_uint_eq(word, support_word);
	ck_assert(procfs_look(core, &look));
	ck_assert_uint_eq(look.count, THREADS);
	look.tasks[0].tid = child;
	for (size_t i = 0; i < THREADS; i++)
		ck_assert(procfs_same_place(&look.tasks[i], &live_look.tasks[i]));
	core_close_all();
	support_remove_folder(folder);
}
END_TEST

/* --- what is no core, and damaged ones --------------------------------------------------- */

static void refuse(const char *path, const char *clause)
{
	const char *problem = NULL;

	ck_assert_int_eq(core_open(path, NULL, &problem), 0);
	ck_assert_ptr_nonnull(problem);
	ck_assert_msg(strstr(problem, clause) != NULL, "%s", problem);
}

static void refuse_bytes(const void *bytes, size_t size, const char *clause)
{
	int file = open(core_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	write_all(file, bytes, size);
	close(file);
	refuse(core_path, clause);
}

START_TEST(says_why_it_is_no_core)
{
	uint8_t zeros[128] = {0};
	char pipe_path[600];

	folder = support_folder();
	snprintf(core_path, sizeof(core_path), "%s/dump", folder);
	snprintf(pipe_path, sizeof(pipe_path), "%s/pipe", folder);
	ck_assert_int_eq(mkfifo(pipe_path, 0600), 0);
	refuse("/proc/self/exe", "a program or a library");
	refuse("/nowhere", "No such file");
	refuse(folder, "no regular file");
	refuse(pipe_path, "no regular file");
	refuse_bytes("", 0, "no core file");
	refuse_bytes(zeros, sizeof(zeros), "no core file");
	memcpy(zeros, "\x28\xb5\x2f\xfd", 4);
	refuse_bytes(zeros, sizeof(zeros), "unzstd");
	memcpy(zeros, "\x04\x22\x4d\x18", 4);
	refuse_bytes(zeros, sizeof(zeros), "unlz4");
	memcpy(zeros, "\xfd\x37zXZ", 5);
	refuse_bytes(zeros, sizeof(zeros), "unxz");
	memcpy(zeros, "\x1f\x8b", 2);
	refuse_bytes(zeros, sizeof(zeros), "gunzip");
	support_remove_folder(folder);
}
END_TEST

/* A small one: the notes of the child, and one page. */
static uint8_t *small_core(size_t *size)
{
	struct mapping code;
	uint8_t *bytes;
	int file;

	start_child();
	forget();
	maker.pid = child;
	maker.is_debuggers = false;
	maker.signal = SIGABRT;
	add_threads();
	add_process_note();
	add_auxiliary_note();
	ck_assert(maps_find(child, (uintptr_t)support_spin, &code));
	add_range(code.start, code.end, code.offset, code.path);
	add_segment(code.start, code.end, PF_R | PF_X, 0);
	add_range(0x1000, 0x2000, 3 * 4096, "/nowhere");
	add_files_note(4096);
	add_segment((uintptr_t)&support_word & ~(uintptr_t)4095,
		    ((uintptr_t)&support_word & ~(uintptr_t)4095) + 4096, PF_R | PF_W, 4096);
	write_core(core_path);
	forget();
	core = open_or_fail(core_path);
	core_close_all();
	file = open(core_path, O_RDONLY);
	*size = (size_t)lseek(file, 0, SEEK_END);
	bytes = malloc(*size);
	ck_assert_int_eq(pread(file, bytes, *size, 0), (ssize_t)*size);
	close(file);
	return bytes;
}

START_TEST(refuses_what_was_cut_off)
{
	size_t size;
	uint8_t *bytes = small_core(&size);

	for (size_t length = 0; length < size; length += 64)
		refuse_bytes(bytes, length, "");
	refuse_bytes(bytes, size - 1, "its end is missing");
	free(bytes);
	finish();
}
END_TEST

static Elf64_Phdr *segment_of(uint8_t *bytes, size_t index)
{
	return (Elf64_Phdr *)(void *)(bytes + sizeof(Elf64_Ehdr)) + index;
}

/* Returns what is said of it then. */
static const char *damage(uint8_t *bytes, int how)
{
	Elf64_Ehdr *header = (Elf64_Ehdr *)(void *)bytes;
	Elf64_Phdr *notes = segment_of(bytes, 0), *memory = segment_of(bytes, 2);
	Elf64_Nhdr *note = (Elf64_Nhdr *)(void *)(bytes + notes->p_offset);

	switch (how) {
	case 0:
		header->e_phnum = PN_XNUM;
		return "its headers are damaged";
	case 1:
		header->e_phnum = PN_XNUM - 1;
		return "its headers are damaged";
	case 2:
		header->e_phoff = UINT64_MAX - 8;
		return "its headers are damaged";
	case 3:
		header->e_phentsize = 1;
		return "its headers are damaged";
	case 4:
		header->e_machine ^= 0x55;
		return "another architecture";
	case 5:
		header->e_ident[EI_CLASS] = ELFCLASS32;
		return "another architecture";
	case 6:
		notes->p_filesz = UINT64_MAX;
		return "its headers are damaged";
	case 7:
		notes->p_type = PT_NULL;
		return "it has no threads";
	case 8:
		memory->p_offset = UINT64_MAX;
		return "its headers are damaged";
	case 9:
		memory->p_vaddr = UINT64_MAX;
		return "its headers are damaged";
	case 10:
		memory->p_memsz = 1;
		return "its headers are damaged";
	case 11:
		note->n_namesz = UINT32_MAX;
		return "its notes are damaged";
	case 12:
		note->n_descsz = UINT32_MAX;
		return "its notes are damaged";
	case 13:
		note->n_descsz = (Elf64_Word)notes->p_filesz;
		return "its notes are damaged";
	default:
		note->n_descsz -= 8;
		return "are not those of this architecture";
	}
}

#define DAMAGES 15

START_TEST(refuses_what_is_damaged)
{
	size_t size;
	uint8_t *bytes = small_core(&size);
	const char *clause = damage(bytes, _i);

	refuse_bytes(bytes, size, clause);
	free(bytes);
	finish();
}
END_TEST

/* The first note is a thread. */
static void change_status(uint8_t *bytes, void (*change)(struct elf_prstatus *status, int how),
			  int how)
{
	uint8_t *at = bytes + segment_of(bytes, 0)->p_offset + 20;
	struct elf_prstatus status;

	memcpy(&status, at, sizeof(status));
	change(&status, how);
	memcpy(at, &status, sizeof(status));
}

static void change_number(struct elf_prstatus *status, int how)
{
	const pid_t numbers[] = {0, -1, 4194305, live_look.tasks[1].tid};

	status->pr_pid = numbers[how];
}

START_TEST(refuses_impossible_numbers)
{
	size_t size;
	uint8_t *bytes = small_core(&size);

	change_status(bytes, change_number, _i);
	refuse_bytes(bytes, size, "its threads have numbers that no threads have");
	free(bytes);
	finish();
}
END_TEST

/* 0: the call has its result. 1: the code there is no call. */
static void leave_call(struct elf_prstatus *status, int how)
{
	struct user_regs_struct *registers = (struct user_regs_struct *)(void *)&status->pr_reg;

#ifdef __x86_64__
	if (how)
		registers->rip = (uintptr_t)support_spin + 4;
	else
		registers->rax = 0;
#else
	registers->pc = how ? (uintptr_t)support_spin : registers->pc + 4;
#endif
}

START_TEST(tells_a_call_that_is_over)
{
	size_t size;
	uint8_t *bytes = small_core(&size);
	int file;

	change_status(bytes, leave_call, _i);
	file = open(core_path, O_WRONLY | O_TRUNC);
	write_all(file, bytes, size);
	close(file);
	core = open_or_fail(core_path);
	ck_assert(procfs_look(core, &look));
	ck_assert(!look.tasks[0].in_call);
	ck_assert_int_eq(look.tasks[0].state, 'R');
	ck_assert(look.tasks[1].in_call);
	ck_assert_int_eq(procfs_state(core), 'R');
	free(bytes);
	finish();
}
END_TEST

static uint8_t *find_files_note(uint8_t *bytes, size_t size)
{
	for (size_t at = 0; at + 4 <= size; at += 4)
		if (*(uint32_t *)(void *)(bytes + at) == NT_FILE)
			return bytes + at + 12;
	ck_abort_msg("it has no list of files");
	return NULL;
}

START_TEST(refuses_a_list_that_lacks_a_name)
{
	size_t size;
	uint8_t *bytes = small_core(&size);
	Elf64_Nhdr *note = (Elf64_Nhdr *)(void *)(find_files_note(bytes, size) - 20);

	note->n_descsz -= (Elf64_Word)sizeof("/nowhere");
	refuse_bytes(bytes, size, "its list of mapped files is damaged");
	free(bytes);
	finish();
}
END_TEST

START_TEST(refuses_a_damaged_list_of_files)
{
	static const struct {
		size_t place;
		uint64_t value;
	} damages[] = {
		{0, 0xffff},
		{0, UINT64_MAX},
		{0, UINT64_MAX / 24 + 1},
		{0, 3}, /* one more than there are: its name is missing */
		{8, UINT64_MAX / 2},
		{24, 0}, /* the end of the first */
	};
	size_t size;
	uint8_t *bytes = small_core(&size);

	memcpy(find_files_note(bytes, size) + damages[_i].place, &damages[_i].value, 8);
	refuse_bytes(bytes, size, "its list of mapped files is damaged");
	free(bytes);
	finish();
}
END_TEST

static bool read_start(const struct mapping *mapping, void *data)
{
	uint8_t byte[64];

	stop_read(*(pid_t *)data, mapping->end - 32, byte, sizeof(byte));
	return true;
}

static void use(pid_t number)
{
	struct stopped stopped;
	struct stack_registers registers;

	procfs_look(number, &look);
	stop_process(&stopped, number, &look, true);
	for (size_t i = 0; i < look.count; i++)
		stop_registers(&stopped, look.tasks[i].tid, &registers);
	stop_release(&stopped);
	maps_each(number, read_start, &number);
	core_lost_file(number);
	core_has_own_numbers(number);
}

/* Any byte of what is believed first: whatever is made of it, nothing is read outside of it. */
START_TEST(survives_damage)
{
	uint64_t state = 19;
	size_t size, opened = 0;
	uint8_t *bytes = small_core(&size), *damaged = malloc(size);

	for (int i = 0; i < 3000; i++) {
		const char *problem;
		int file = open(core_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

		memcpy(damaged, bytes, size);
		for (uint64_t k = support_random(&state) % 4 + 1; k; k--)
			damaged[support_random(&state) % (size - 4096)] =
				(uint8_t)support_random(&state);
		write_all(file, damaged, size);
		close(file);
		core = core_open(core_path, NULL, &problem);
		ck_assert((core == 0) == (problem != NULL));
		if (core) {
			opened++;
			use(core);
		}
		core_close_all();
	}
	ck_assert_uint_gt(opened, 100);
	ck_assert_uint_lt(opened, 3000);
	free(damaged);
	free(bytes);
	finish();
}
END_TEST

Suite *core_file_suite(void)
{
	Suite *suite = suite_create("core_file");
	TCase *core_case = tcase_create("core");

	tcase_set_timeout(core_case, 60);
	tcase_add_loop_test(core_case, knows_the_process, 0, 2);
	tcase_add_loop_test(core_case, knows_its_program, 0, 2);
	tcase_add_loop_test(core_case, sees_what_each_thread_waits_in, 0, 2);
	tcase_add_test(core_case, tells_who_runs);
	tcase_add_loop_test(core_case, reads_memory, 0, 2);
	tcase_add_loop_test(core_case, knows_whose_memory_it_is, 0, 2);
	tcase_add_loop_test(core_case, answers_what_it_cannot_know_as_if_it_was_so, 0, 2);
	tcase_add_loop_test(core_case, is_held_at_once, 0, 2);
	tcase_add_test(core_case, notices_numbers_that_are_not_its_own);
	tcase_add_test(core_case, opens_several);
	tcase_add_loop_test(core_case, tells_of_an_orphaned_lock, 0, 2);
	tcase_add_test(core_case, does_not_read_a_file_that_was_replaced);
	tcase_add_test(core_case, trusts_a_file_that_is_older);
	tcase_add_test(core_case, takes_the_program_that_is_given);
	tcase_add_test(core_case, reads_what_the_kernel_writes);
	tcase_add_test(core_case, says_why_it_is_no_core);
	tcase_add_test(core_case, refuses_what_was_cut_off);
	tcase_add_loop_test(core_case, refuses_what_is_damaged, 0, DAMAGES);
	tcase_add_loop_test(core_case, refuses_impossible_numbers, 0, 4);
	tcase_add_loop_test(core_case, tells_a_call_that_is_over, 0, 2);
	tcase_add_loop_test(core_case, refuses_a_damaged_list_of_files, 0, 6);
	tcase_add_test(core_case, refuses_a_list_that_lacks_a_name);
	tcase_add_test(core_case, survives_damage);
	suite_add_tcase(suite, core_case);
	return suite;
}
