/*
 * Hostile memory of a process that hangs: its own notes, its thread-local variables, its
 * stacks, the headers of the files that it has mapped. An input is a list of patches to
 * areas of this process that are laid out whole, and that are read as those of another
 * one are; further patches change the registers and the futex word that are asked about.
 */
#include "cli/hangs/identify/frame_base.h"
#include "cli/hangs/identify/libc_internal_locks.h"
#include "cli/hangs/identify/thread_tables.h"
#include "cli/hangs/identify/waiter_futex.h"
#include "cli/hangs/identify/wakeup_sources.h"
#include "cli/hangs/record/awaited_objects.h"
#include "cli/hangs/record/kept_reader.h"
#include "cli/process/stop.h"
#include "cli/session/model.h"
#include "cli/session/writer.h"
#include "fuzz.h"
#include "input.h"
#include <dlfcn.h>
#include <elf.h>
#include <err.h>
#include <linux/futex.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define AREA      UINT64_C(0x200000000000)
#define AREA_SIZE 0x50000
#define FILE_AREA (AREA + UINT64_C(0x100000))
#define FILE_SIZE 4096

/* The variables of a thread end at its descriptor. */
#define SELF        (AREA + 0x18000)
#define OWN_RECORD  (SELF - 0x400)
#define OWN_WORD    (OWN_RECORD + 32)
#define OWN_POINTER (SELF - 0x200)
#define VECTOR      (AREA + 0x1a000)
#define STACK       (AREA + 0x20000)
#define STACK_WORDS 4096
#define LOCK        (AREA + 0x29000) /* the record names it */
#define QUEUED      (AREA + 0x29400) /* the lock behind it names this record */
#define QUEUED_LOCK (AREA + 0x29900)
#define FACTS       (AREA + 0x2a000)
#define NOTED       (AREA + 0x2b000)
#define SEMAPHORE   (AREA + 0x3c000)
#define KEPT        (AREA + 0x44000)
#define THREADS     (AREA + 0x48000)
#define THREAD      (THREADS + 0x100)
#define HELD_LOCK   (AREA + 0x29a00) /* that the thread has */
#define ARENA       (AREA + 0x2e000)

/* Those of the stack come last, and not all. */
#define WORDS_MAX 512

/* What is asked; patches change it like memory. */
struct question {
	struct stack_registers registers;
	uint64_t self, waited, notes;
};

static uint8_t *const area = (uint8_t *)AREA;
static uint8_t *file;
static uint8_t area_base[AREA_SIZE], file_base[FILE_SIZE];
/* Words that decide: most of the others are in vain to spoil. */
static uint64_t words[WORDS_MAX];
static size_t word_count;
static struct question base_question = {.self = SELF, .waited = OWN_WORD, .notes = FACTS};
static uint64_t code; /* of libc */
static struct address_space *space;
static struct session_header *session;
static struct reader reader;
static struct writer writer;
static struct model model;

static void put_word(uint64_t address, uint64_t value)
{
	memcpy(area_base + (address - AREA), &value, sizeof(value));
	if (word_count < WORDS_MAX)
		words[word_count++] = address;
}

/* --- what is laid out ------------------------------------------------------------ */

static void lay_out_file(void)
{
	Elf64_Ehdr head = {
		.e_phoff = sizeof(head), .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 2};
	const Elf64_Phdr headers[] = {
		{.p_type = PT_LOAD, .p_memsz = FILE_SIZE, .p_align = 4096},
		{.p_type = PT_TLS, .p_memsz = 0x800, .p_align = 64},
	};

	memcpy(head.e_ident, ELFMAG, SELFMAG);
	memcpy(file_base, &head, sizeof(head));
	memcpy(file_base + sizeof(head), headers, sizeof(headers));
}

static void map_file(void)
{
	int descriptor = memfd_create("module", 0);

	if (descriptor < 0 || ftruncate(descriptor, FILE_SIZE) ||
	    mmap((void *)FILE_AREA, FILE_SIZE, PROT_READ, MAP_PRIVATE | MAP_FIXED_NOREPLACE,
		 descriptor, 0) != (void *)FILE_AREA)
		err(2, "a mapped file");
	file = mmap(NULL, FILE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
	if (file == MAP_FAILED)
		err(2, "a mapped file");
	close(descriptor);
}

static void lay_out_thread(void)
{
	put_word(SELF + 8, VECTOR);
	put_word(VECTOR - 16, 2);
	put_word(VECTOR + 16, SELF - 0x800);
	put_word(VECTOR + 32, UINT64_MAX);
	put_word(OWN_RECORD, LOCK);
	put_word(OWN_RECORD + 8, 0);
	put_word(OWN_WORD, 1);
	put_word(OWN_POINTER, QUEUED);
	put_word(LOCK, 3);
	put_word(QUEUED + 64, 0);
	put_word(QUEUED_LOCK, QUEUED | 9);
}

static void put_stack(const uint64_t *stack, uint64_t length, uint64_t was_at)
{
	for (uint64_t i = 0; i < length; i++) {
		uint64_t value = stack[i], offset = value - was_at;

		/* It stands elsewhere now: what points into it is moved. */
		put_word(STACK + 8 * i, offset < 8 * length ? STACK + offset : value);
	}
}

/* Called by libc, so that the stack needs its tables and those of this program. */
static int copy_stack(const void *left, const void *right)
{
	static uint64_t copy[STACK_WORDS];
	struct stack_registers *registers = &base_question.registers;
	uint64_t sp;

	(void)left;
	(void)right;
	CAPTURE_REGISTERS(registers);
	sp = registers->sp;
	put_stack(copy, stop_read(getpid(), sp, copy, sizeof(copy)) / sizeof(*copy), sp);
	*registers = (struct stack_registers){
		.pc = registers->pc,
		.sp = STACK,
		.fp = registers->fp - sp + STACK,
		.saved = {LOCK, OWN_RECORD, QUEUED_LOCK},
	};
	return 0;
}

static void lay_out_stack(void)
{
	int two[] = {2, 1};

	qsort(two, 2, sizeof(*two), copy_stack);
}

/* Places in units of KEPT_UNIT. */
enum { KEPT_STACK = 1, KEPT_FORK = 100, KEPT_THREAD = 200, KEPT_PYTHON = 300, KEPT_CODE = 400 };

/* `record` begins with the header of a record, which becomes that of a fact. */
static void keep(uint64_t place, enum record_type type, void *record, uint32_t size)
{
	struct session_kept head = {.hash = place, .type = (uint16_t)type, .size = size};

	atomic_store(&head.count, 1);
	memcpy(record, &head, sizeof(head));
	for (uint32_t i = 0; i < size; i += 8) {
		uint64_t word = 0;

		memcpy(&word, (const uint8_t *)record + i, size - i < 8 ? size - i : 8);
		put_word(KEPT + place * KEPT_UNIT + i, word);
	}
}

static void lay_out_kept(void)
{
	_Alignas(8) unsigned char stack[sizeof(struct record_stack) + 16] = {0};
	_Alignas(8) unsigned char
		python[sizeof(struct record_python) + sizeof(struct python_frame)] = {0};
	struct record_thread thread = {.created_at = KEPT_STACK, .created_python = KEPT_PYTHON};
	struct record_fork fork = {
		.thread = KEPT_THREAD, .stack = KEPT_STACK, .python = KEPT_PYTHON};
	struct record_python_code text = {.image = 1};

	((struct record_stack *)stack)->length = 16;
	((struct record_python *)python)->count = 1;
	((struct record_python *)python)->frames[0].code = KEPT_CODE;
	keep(KEPT_STACK, RECORD_STACK, stack, sizeof(stack));
	keep(KEPT_PYTHON, RECORD_PYTHON, python, sizeof(python));
	keep(KEPT_THREAD, RECORD_THREAD, &thread, sizeof(thread));
	keep(KEPT_FORK, RECORD_FORK, &fork, sizeof(fork));
	keep(KEPT_CODE, RECORD_PYTHON_CODE, &text, sizeof(text));
}

static void lay_out_notes(void)
{
	struct private_facts facts = {.magic = PRIVATE_FACTS_MAGIC,
				      .pid = getpid(),
				      .objects = NOTED,
				      .kept = KEPT,
				      .born_by = KEPT_FORK,
				      .threads = THREADS,
				      .process = 1,
				      .python = {.runtime = code}};

	atomic_store(&facts.handlers[10], code + 64);
	for (size_t i = 0; i < sizeof(facts); i += 8) {
		uint64_t word;

		memcpy(&word, (const uint8_t *)&facts + i, sizeof(word));
		put_word(FACTS + i, word);
	}
	for (uint64_t i = 0; i < 4; i++) {
		static const uint64_t kinds[] = {LOCK_SEMAPHORE, LOCK_CONDITION, LOCK_BARRIER,
						 LOCK_FUTEX};
		uint64_t note = NOTED + i * 16 * sizeof(struct session_object);

		put_word(note, kinds[i] << OBJECT_THREAD | (SEMAPHORE + 64 * i));
		put_word(note + 8, UINT64_C(1) << 32 | 7);
		put_word(note + 16, 9);
		put_word(note + 24, KEPT_STACK);
	}
}

/* One thread: in its block the word of its life, its table of locks, its snapshots. */
enum { LIFE = 0, SERIAL = 4, MORE = 8, OWN_ID = 16, TRIED = 24, HELD = 64, SHOTS = 0xa00 };

static void lay_out_slot(void)
{
	const uint64_t table = THREAD + HELD;
	const uint64_t slot = table + offsetof(struct held_table, kept);

	put_word(table + offsetof(struct held_table, used), 1);
	/* The words that are patched are aligned, and kinds[0] is not. */
	put_word(table + 8, (uint64_t)LOCK_MUTEX << 8 * (offsetof(struct held_table, kinds) - 8));
	put_word(table + offsetof(struct held_table, fast), slot);
	put_word(slot, HELD_LOCK | SLOT_COUNTS);
	put_word(slot + offsetof(struct held_slot, site), 7);
	put_word(slot + offsetof(struct held_slot, sp), STACK);
	put_word(slot + offsetof(struct held_slot, since), 1);
	put_word(THREAD + SHOTS + offsetof(struct snapshot, site), 7);
	put_word(THREAD + SHOTS + offsetof(struct snapshot, sp), STACK);
	put_word(THREAD + SHOTS + offsetof(struct snapshot, length), 64);
}

static void lay_out_threads(void)
{
	const struct session_threads where = {
		.first_slab = THREAD,
		.slabs = THREADS + 0x80,
		.slab_count = THREADS + 0x88,
		.used_in_first = THREADS + 0x90,
		.used_in_others = THREADS + 0x98,
		.block = SHOTS + SNAPSHOTS * sizeof(struct snapshot),
		.life = LIFE,
		.tid = LIFE,
		.self = OWN_ID,
		.serial = SERIAL,
		.held = HELD,
		.more = MORE,
		.snapshots = SHOTS,
		.tried = TRIED,
	};

	for (size_t i = 0; i < sizeof(where); i += 8) {
		uint64_t word;

		memcpy(&word, (const uint8_t *)&where + i, sizeof(word));
		put_word(THREADS + i, word);
	}
	put_word(THREADS + 0x88, 1);
	put_word(THREADS + 0x90, 1);
	put_word(THREAD + LIFE, UINT64_C(1) << 32 | (uint32_t)getpid());
	put_word(THREAD + OWN_ID, SELF);
	put_word(THREAD + TRIED, HELD_LOCK);
	put_word(THREAD + TRIED + 8, UINT64_C(3) << 32 | LOCK_MUTEX);
	lay_out_slot();
	for (uint64_t pair = ARENA + 112; pair < ARENA + 2000; pair += 16) {
		uint64_t chunk = pair - 16;

		memcpy(area_base + (pair - AREA), &chunk, sizeof(chunk));
		memcpy(area_base + (pair + 8 - AREA), &chunk, sizeof(chunk));
	}
}

/* --- what is asked --------------------------------------------------------------- */

#define CELLS 64
/* Where the parts of a session begin, one behind the other. */
#define BIRTHS_AT sizeof(struct session_header)
#define INTERN_AT (BIRTHS_AT + 4 * sizeof(struct session_birth))
#define CELLS_AT  (INTERN_AT + SESSION_CELL)

static void open_session(void)
{
	static _Alignas(64) unsigned char log[CELLS_AT + CELLS * SESSION_CELL];

	session = (void *)log;
	memcpy(session->magic, SESSION_MAGIC, sizeof(session->magic));
	session->version = SESSION_VERSION;
	session->header_size = sizeof(*session);
	session->file_size = sizeof(log);
	session->births_count = 4;
	session->births_offset = BIRTHS_AT;
	session->intern_count = 1;
	session->intern_offset = INTERN_AT;
	session->cells_count = CELLS;
	session->cells_offset = CELLS_AT;
	if (reader_open(&reader, session, session->file_size))
		errx(2, "not a session");
	writer_init(&writer, session, &reader);
	model_init(&model, &reader, NULL);
}

static const struct process_look *look_at_waits(const struct question *question)
{
	static struct process_look look = {.complete = true, .caught = UINT64_MAX};

	for (look.count = 0; look.count < 5; look.count++)
		look.tasks[look.count] = (struct task_look){
			.in_call = true,
			.number = SYS_futex,
			.arguments = {look.count ? SEMAPHORE + 64 * look.count : question->waited,
				      FUTEX_WAIT}};
	return &look;
}

/* Returns how many cells of the log the answers take. */
static uint64_t ask_notes(const struct question *question)
{
	const struct process_look *look = look_at_waits(question);
	const struct process_facts process = {
		.serial = 1, .pid = getpid(), .private_facts = question->notes};
	struct arena arena;

	atomic_store(&session->next_cell, 1);
	objects_record(&process, getpid(), &writer, SEMAPHORE);
	objects_record_all(&process, getpid(), &writer, look);
	kept_fork(&process, getpid(), &writer);
	arena_init(&arena);
	wakeup_find(&model, &arena, &process, getpid(), look);
	arena_release(&arena);
	wakeup_are_of_another(&process, getpid());
	return atomic_load(&session->next_cell) - 1;
}

/* Returns how much is known of the one thread. */
static unsigned ask_threads(const struct question *question)
{
	static struct thread_tables tables;
	const struct process_facts process = {
		.serial = 1, .pid = getpid(), .private_facts = question->notes};
	const struct table_thread *thread;
	struct table_claim claim;
	struct tried_lock tried;
	struct snapshot snapshot;
	struct libc_lock lock;
	unsigned known = libc_lock_find(space, getpid(), ARENA, &lock);

	libc_lock_find(space, getpid(), question->waited, &lock);
	if (!thread_tables_read(&tables, &process, getpid()))
		return known;
	thread = thread_tables_find(&tables, getpid());
	if (!thread)
		return known;
	known += thread_tables_find_tried(&tables, thread, &tried);
	if (thread_tables_find_claim(&tables, thread, HELD_LOCK, &claim))
		known += 1u + thread_tables_find_snapshot(&tables, thread, &claim, &snapshot);
	return known;
}

static uint64_t ask_lock(const struct question *question)
{
	return waiter_futex_lock(getpid(), question->self, &question->registers, question->waited);
}

/* Walks the stack from each of its places that may be a frame's base. */
static void ask_stack(const struct question *question)
{
	struct stack_registers registers = question->registers;

	frame_base_find(space, getpid(), &registers);
}

static bool is_whole(const struct question *question)
{
	struct captured_memory memory;
	uint64_t addresses[128];
	bool complete = false;

	captured_memory_init(&memory);
	captured_memory_add(&memory, STACK, area + (STACK - AREA), STACK_WORDS * 8);
	unwind_addresses(space, &question->registers, &memory.memory, addresses, 128, &complete);
	return complete;
}

/* What is not found in what nobody has spoilt would be fuzzed in vain. */
static void check_base(void)
{
	struct question question = base_question;

	memcpy(area, area_base, AREA_SIZE);
	memcpy(file, file_base, FILE_SIZE);
	if (ask_lock(&question) != LOCK)
		errx(2, "the lock that the record names is not found");
	question.waited = QUEUED + 64;
	if (ask_lock(&question) != QUEUED_LOCK)
		errx(2, "the lock that names the record is not found");
	/* One record of two cells for the one wait, and five for all; two cells for where each
	 * of the four that are known was made, and 15 for the fork and what it refers to. */
	if (ask_notes(&question) != 12 + 8 + 15)
		errx(2, "the objects are not found");
	if (ask_threads(&question) != 4)
		errx(2, "the thread and its locks are not found");
	if (word_count < WORDS_MAX || !is_whole(&question))
		errx(2, "the stack is not walked to its end");
}

static void map_area(void)
{
	if (mmap(area, AREA_SIZE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != area)
		err(2, "an area");
}

static void add_module(const void *address)
{
	Dl_info module;

	if (!dladdr(address, &module) ||
	    address_space_add(space,
			      strchr(module.dli_fname, '/') ? module.dli_fname : "/proc/self/exe",
			      (uint64_t)(uintptr_t)module.dli_fbase, NULL, 0))
		errx(2, "a module is not read");
	code = (uint64_t)(uintptr_t)module.dli_fbase;
}

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
	(void)count;
	(void)arguments;
	space = address_space_new(NULL, NULL);
	add_module(&area_base);
	add_module(dlsym(RTLD_NEXT, "qsort"));
	map_area();
	map_file();
	lay_out_file();
	lay_out_thread();
	lay_out_kept();
	lay_out_notes();
	lay_out_threads();
	lay_out_stack();
	open_session();
	check_base();
	return 0;
}

/* --- what is spoilt -------------------------------------------------------------- */

enum patch_kind {
	PATCH_BYTES,    /* bytes of the areas */
	PATCH_FILE,     /* bytes of the headers of the file */
	PATCH_SPECIAL,  /* a word that decides becomes one that is often mishandled */
	PATCH_ADD,      /* a small number is added to it */
	PATCH_POINTER,  /* it becomes an address in the areas */
	PATCH_SAME,     /* it becomes what another one is */
	PATCH_CODE,     /* it becomes an address in libc */
	PATCH_QUESTION, /* bytes of what is asked */
	PATCH_ASKED,    /* a word of that becomes one that is often mishandled, or a sum with it */
	PATCH_KINDS
};

static uint64_t *take_word(struct input *input)
{
	return (uint64_t *)(uintptr_t)words[input_take(input, 2) % word_count];
}

static void apply_patch(struct question *question, struct input *input)
{
	uint64_t *asked = (uint64_t *)question, *word, number;

	switch (input_take(input, 1) % PATCH_KINDS) {
	case PATCH_BYTES:
		input_overwrite(input, area, AREA_SIZE);
		break;
	case PATCH_FILE:
		input_overwrite(input, file, sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Phdr));
		break;
	case PATCH_SPECIAL:
		word = take_word(input);
		*word = input_take_special(input);
		break;
	case PATCH_ADD:
		word = take_word(input);
		*word += (uint64_t)(int64_t)(int16_t)input_take(input, 2);
		break;
	case PATCH_POINTER:
		word = take_word(input);
		*word = AREA + input_take(input, 3) % AREA_SIZE;
		break;
	case PATCH_SAME:
		word = take_word(input);
		*word = *take_word(input);
		break;
	case PATCH_CODE:
		word = take_word(input);
		*word = code + input_take(input, 3);
		break;
	case PATCH_QUESTION:
		input_overwrite(input, (unsigned char *)question, sizeof(*question));
		break;
	case PATCH_ASKED:
		number = input_take(input, 1);
		word = &asked[number / 2 % (sizeof(*question) / sizeof(*asked))];
		*word = (number & 1 ? *word : 0) + input_take_special(input) - input_take(input, 2);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	struct input input = {data, length};
	struct question question = base_question;
	uint32_t parts = input_take(&input, 1);

	memcpy(area, area_base, AREA_SIZE);
	memcpy(file, file_base, FILE_SIZE);
	while (input.left)
		apply_patch(&question, &input);
	ask_lock(&question);
	ask_notes(&question);
	ask_threads(&question);
	/* Takes a hundred times as long as the others. */
	if (parts % 16 == 0)
		ask_stack(&question);
	return 0;
}
