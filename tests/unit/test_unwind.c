/*
 * The unwinder on stacks of this very process: it copies its own registers and
 * stack as the shim does, and must find the functions and lines of this file.
 * And on ELF files that were damaged, which must never do more than fail.
 */
#include "cli/unwind/unwind.h"
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <ucontext.h>
#include <unistd.h>

Suite *unwind_suite(void);

#ifdef __clang__
#define OWN_FUNCTION __attribute__((noinline))
#else
#define OWN_FUNCTION __attribute__((noinline, noclone))
#endif
#define UNCHECKED __attribute__((no_sanitize("address")))

struct capture {
	struct stack_registers registers;
	uint64_t address;
	size_t length;
	uint64_t words[8192];
};

static struct capture capture;
static struct arena arena;
static struct address_space *space;
static char own_path[4096];
static uint64_t own_bias;

/* The linker's name for the first byte of this program. */
extern const char __ehdr_start[];

/* What symbolize_data has to name. */
static pthread_mutex_t fixture_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t fixture_array[4];

static uint64_t stack_end(void)
{
	pthread_attr_t attributes;
	void *start;
	size_t size;

	ck_assert_int_eq(pthread_getattr_np(pthread_self(), &attributes), 0);
	ck_assert_int_eq(pthread_attr_getstack(&attributes, &start, &size), 0);
	pthread_attr_destroy(&attributes);
	return (uint64_t)start + size;
}

/* The callee-saved registers are as at the asm: nothing is called in between. */
static OWN_FUNCTION UNCHECKED void take_capture(uint64_t end)
{
	struct stack_registers *registers = &capture.registers;

	CAPTURE_REGISTERS(registers);
	const volatile uint64_t *words = (const volatile uint64_t *)registers->sp;
	size_t count = (end - registers->sp) / sizeof(*words);

	if (count > sizeof(capture.words) / sizeof(*capture.words))
		count = sizeof(capture.words) / sizeof(*capture.words);
	for (size_t i = 0; i < count; i++)
		capture.words[i] = words[i];
	capture.address = registers->sp;
	capture.length = count * sizeof(*words);
}

/* Keeps a call from becoming a jump. */
#define AFTER_CALL() __asm__ volatile("")

static int innermost_line;
static int middle_line;

static OWN_FUNCTION void fixture_innermost(void)
{
	uint64_t end = stack_end();

	innermost_line = __LINE__ + 1;
	take_capture(end);
	AFTER_CALL();
}

static OWN_FUNCTION void fixture_middle(void)
{
	middle_line = __LINE__ + 1;
	fixture_innermost();
	AFTER_CALL();
}

static OWN_FUNCTION void fixture_outer(void)
{
	fixture_middle();
	AFTER_CALL();
}

static int inlined_line;
static int inlining_line;

static inline __attribute__((always_inline)) void fixture_inlined(void)
{
	inlined_line = __LINE__ + 1;
	fixture_middle();
	AFTER_CALL();
}

static OWN_FUNCTION void fixture_inlining(void)
{
	inlining_line = __LINE__ + 1;
	fixture_inlined();
	AFTER_CALL();
}

static OWN_FUNCTION void *fixture_thread(void *argument)
{
	fixture_outer();
	AFTER_CALL();
	return argument;
}

static void fixture_handler(int signal)
{
	(void)signal;
	take_capture(capture.registers.sp);
	AFTER_CALL();
}

static struct address_space *space_of_this_process(const char *shim_path)
{
	struct address_space *fresh = address_space_new(shim_path, NULL);

	for (struct link_map *map = _r_debug.r_map; map != NULL; map = map->l_next) {
		const char *path = map == _r_debug.r_map ? own_path : map->l_name;

		if (path[0] == '/')
			address_space_add(fresh, path, map->l_addr, NULL, 0);
	}
	return fresh;
}

static void setup(void)
{
	ssize_t length = readlink("/proc/self/exe", own_path, sizeof(own_path) - 1);

	ck_assert_int_gt(length, 0);
	own_path[length] = '\0';
	own_bias = _r_debug.r_map->l_addr;
	arena_init(&arena);
	space = space_of_this_process(NULL);
}

static void teardown(void)
{
	address_space_free(space);
	arena_release(&arena);
}

static struct captured_memory captured_stack(void)
{
	struct captured_memory memory;

	captured_memory_init(&memory);
	ck_assert(captured_memory_add(&memory, capture.address, (const uint8_t *)capture.words,
				      capture.length));
	return memory;
}

static struct frames unwind_with(struct address_space *with)
{
	struct captured_memory memory = captured_stack();

	return unwind_stack(with, &arena, &capture.registers, false, &memory.memory);
}

/* The frame of a function of this file, or NULL. */
static const struct frame *find(const struct frames *frames, const char *function)
{
	for (size_t i = 0; i < frames->count; i++) {
		const char *name = frames->list[i].function;

		if (name != NULL && strcmp(name, function) == 0)
			return &frames->list[i];
	}
	return NULL;
}

static void assert_frame(const struct frame *frame, const char *function, int line)
{
	ck_assert_ptr_nonnull(frame);
	ck_assert_str_eq(frame->function, function);
	ck_assert_ptr_nonnull(frame->file);
	ck_assert_ptr_nonnull(strstr(frame->file, "test_unwind.c"));
	ck_assert_int_eq(frame->line, line);
	ck_assert_str_eq(frame->module, own_path);
	ck_assert_uint_eq(frame->offset, frame->pc - own_bias);
}

static bool ends_in_entry(const struct frames *frames)
{
	static const char *const entries[] = {"_start", "clone", "clone3", "__clone3"};
	const char *last = frames->list[frames->count - 1].function;

	/* Where the C library is stripped its last function has no name. */
	if (last == NULL)
		return true;
	for (size_t i = 0; i < sizeof(entries) / sizeof(*entries); i++) {
		if (strcmp(last, entries[i]) == 0)
			return true;
	}
	return false;
}

START_TEST(names_functions_and_lines)
{
	fixture_outer();
	struct frames frames = unwind_with(space);

	ck_assert_uint_ge(frames.count, 6);
	ck_assert_str_eq(frames.list[0].function, "take_capture");
	assert_frame(&frames.list[1], "fixture_innermost", innermost_line);
	assert_frame(&frames.list[2], "fixture_middle", middle_line);
	ck_assert_str_eq(frames.list[3].function, "fixture_outer");
	ck_assert_str_eq(frames.list[4].function, __func__);
	ck_assert_ptr_nonnull(find(&frames, "main"));
	ck_assert(frames.complete);
	ck_assert_str_eq(frames.list[frames.count - 1].function, "_start");
}
END_TEST

START_TEST(reaches_the_entry_of_a_thread)
{
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, fixture_thread, NULL), 0);
	pthread_join(thread, NULL);
	struct frames frames = unwind_with(space);

	ck_assert_ptr_nonnull(find(&frames, "fixture_thread"));
	ck_assert(frames.complete);
	ck_assert(ends_in_entry(&frames));
}
END_TEST

START_TEST(gives_inlined_functions_frames)
{
	fixture_inlining();
	struct frames frames = unwind_with(space);
	const struct frame *inlined = find(&frames, "fixture_inlined");

	assert_frame(inlined, "fixture_inlined", inlined_line);
	ck_assert(inlined->inlined);
	assert_frame(inlined + 1, "fixture_inlining", inlining_line);
	ck_assert(!inlined[1].inlined);
	ck_assert_uint_eq(inlined->pc, inlined[1].pc);
}
END_TEST

START_TEST(walks_through_a_signal_handler)
{
	struct sigaction action = {.sa_handler = fixture_handler};

	ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
	capture.registers.sp = stack_end();
	raise(SIGUSR1);
	struct frames frames = unwind_with(space);

	ck_assert_ptr_nonnull(find(&frames, "fixture_handler"));
	ck_assert_ptr_nonnull(find(&frames, __func__));
	ck_assert(frames.complete);
}
END_TEST

static ucontext_t main_context;
static ucontext_t other_context;
static uint64_t other_stack[4096];

static OWN_FUNCTION void fixture_context(void)
{
	take_capture((uint64_t)(other_stack + 4096));
	AFTER_CALL();
}

START_TEST(ends_at_the_start_of_a_context)
{
	ck_assert_int_eq(getcontext(&other_context), 0);
	other_context.uc_stack.ss_sp = other_stack;
	other_context.uc_stack.ss_size = sizeof(other_stack);
	other_context.uc_link = &main_context;
	makecontext(&other_context, fixture_context, 0);
	ck_assert_int_eq(swapcontext(&main_context, &other_context), 0);
	struct frames frames = unwind_with(space);

	ck_assert_ptr_nonnull(find(&frames, "fixture_context"));
	ck_assert(frames.complete);
}
END_TEST

#ifdef __x86_64__

/* Code as a JVM's interpreter has it: of no file, with a frame pointer, and with what was left
 * by a call that has returned where the next word of its stack is. */
static const uint8_t generated[] = {
	0x55,                   /* push %rbp */
	0x48, 0x89, 0xe5,       /* mov  %rsp,%rbp */
	0x48, 0x83, 0xec, 0x40, /* sub  $0x40,%rsp */
	0x48, 0x89, 0x14, 0x24, /* mov  %rdx,(%rsp) */
	0x48, 0x89, 0xf8,       /* mov  %rdi,%rax */
	0x48, 0x89, 0xf7,       /* mov  %rsi,%rdi */
	0xff, 0xd0,             /* call *%rax */
	0xc9, 0xc3,             /* leave; ret */
};

typedef void generated_code(void (*function)(void *), void *argument, uint64_t stale);

static generated_code *interpreter;

static OWN_FUNCTION void fixture_native(void *nothing)
{
	(void)nothing;
	fixture_middle();
	AFTER_CALL();
}

static OWN_FUNCTION void fixture_called(void *stale)
{
	interpreter(fixture_native, NULL, *(uint64_t *)stale);
	AFTER_CALL();
}

static OWN_FUNCTION void fixture_calling(uint64_t stale)
{
	interpreter(fixture_called, &stale, stale);
	AFTER_CALL();
}

START_TEST(steps_over_generated_code_by_its_frame_pointer)
{
	static const char *const functions[] = {
		"fixture_middle", "fixture_native", NULL, "fixture_called", NULL,
		"fixture_calling"};
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct frames frames;

	ck_assert_ptr_ne(page, MAP_FAILED);
	memcpy(page, generated, sizeof(generated));
	interpreter = (generated_code *)page;
	fixture_outer();
	frames = unwind_with(space);
	fixture_calling(find(&frames, "fixture_outer")->pc);
	frames = unwind_with(space);
	ck_assert_uint_ge(frames.count, 2 + sizeof(functions) / sizeof(*functions));
	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++)
		ck_assert_pstr_eq(frames.list[2 + i].function, functions[i]);
	ck_assert(frames.complete);
	munmap(page, 4096);
}
END_TEST

#endif

START_TEST(starts_from_a_return_address)
{
	fixture_outer();
	struct frames all = unwind_with(space);
	struct captured_memory memory = captured_stack();
	struct stack_registers registers = capture.registers;
	uint64_t addresses[128];
	bool complete;

	size_t count =
		unwind_addresses(space, &registers, &memory.memory, addresses, 128, &complete);
	ck_assert(complete);
	ck_assert_uint_eq(addresses[0], all.list[1].pc);
	ck_assert_uint_eq(addresses[count - 1], all.list[all.count - 1].pc);
	ck_assert_uint_eq(
		unwind_addresses(space, &registers, &memory.memory, addresses, 2, &complete), 2);
	ck_assert(!complete);
	struct frames one = symbolize_code(space, &arena, addresses[0], true);
	assert_frame(&one.list[0], "fixture_innermost", innermost_line);
}
END_TEST

START_TEST(is_incomplete_where_the_copy_ends)
{
	fixture_outer();
	size_t whole = unwind_with(space).count;

	for (size_t length = 0; length < 512; length += 8) {
		capture.length = length;
		struct frames frames = unwind_with(space);

		ck_assert_uint_ge(frames.count, 1);
		ck_assert_uint_le(frames.count, whole);
		ck_assert_str_eq(frames.list[0].function, "take_capture");
		if (frames.count < whole)
			ck_assert(!frames.complete);
	}
}
END_TEST

START_TEST(leaves_out_the_shim)
{
	struct address_space *other = space_of_this_process(own_path);

	fixture_outer();
	struct frames frames = unwind_with(other);

	ck_assert_uint_gt(frames.count, 0);
	for (size_t i = 0; i < frames.count; i++)
		ck_assert_str_ne(frames.list[i].module, own_path);
	ck_assert(frames.complete);
	address_space_free(other);
}
END_TEST

START_TEST(keeps_frames_after_the_space_is_gone)
{
	struct address_space *other = space_of_this_process(NULL);

	fixture_outer();
	struct frames frames = unwind_with(other);
	address_space_free(other);
	assert_frame(&frames.list[2], "fixture_middle", middle_line);
}
END_TEST

START_TEST(uses_nothing_of_a_replaced_file)
{
	struct address_space *other = address_space_new(NULL, NULL);
	const uint8_t build_id[20] = {1, 2, 3};
	uint64_t pc = (uint64_t)fixture_outer;

	ck_assert_int_eq(address_space_add(other, own_path, own_bias, build_id, 20), 0);
	struct frames frames = symbolize_code(other, &arena, pc, false);
	ck_assert_uint_eq(frames.count, 1);
	ck_assert_ptr_null(frames.list[0].function);
	ck_assert_ptr_null(frames.list[0].file);
	ck_assert_str_eq(frames.list[0].module, own_path);
	ck_assert_uint_eq(frames.list[0].offset, pc - own_bias);
	address_space_free(other);
}
END_TEST

START_TEST(names_a_file_that_cannot_be_read)
{
	struct address_space *other = address_space_new(NULL, NULL);

	ck_assert_int_eq(address_space_add(other, "/nonexistent/lib.so", 0x7000000000, NULL, 0),
			 -1);
	struct frames frames = symbolize_code(other, &arena, 0x7000001234, true);
	ck_assert_uint_eq(frames.count, 1);
	ck_assert_str_eq(frames.list[0].module, "/nonexistent/lib.so");
	ck_assert_uint_eq(frames.list[0].offset, 0x1234);
	frames = symbolize_code(other, &arena, 0x1000, true);
	ck_assert_ptr_null(frames.list[0].module);
	ck_assert_uint_eq(frames.list[0].offset, 0);
	ck_assert_int_eq(address_space_add(other, "/dev/null", 0, NULL, 0), -1);
	ck_assert_int_eq(address_space_add(other, "/", 0, NULL, 0), -1);
	address_space_free(other);
}
END_TEST

START_TEST(prefers_the_later_of_two_modules)
{
	struct frames frames = symbolize_code(space, &arena, (uint64_t)fixture_outer, false);

	ck_assert_str_eq(frames.list[0].module, own_path);
	ck_assert_int_eq(address_space_add(space, "/bin/true", (uint64_t)__ehdr_start, NULL, 0), 0);
	frames = symbolize_code(space, &arena, (uint64_t)__ehdr_start + 8, false);
	ck_assert_str_eq(frames.list[0].module, "/bin/true");
	ck_assert_int_eq(address_space_add(space, own_path, own_bias, NULL, 0), 0);
	frames = symbolize_code(space, &arena, (uint64_t)__ehdr_start + 8, false);
	ck_assert_str_eq(frames.list[0].module, own_path);
}
END_TEST

static uint64_t local_static(void)
{
	static pthread_mutex_t fixture_local = PTHREAD_MUTEX_INITIALIZER;

	pthread_mutex_lock(&fixture_local);
	pthread_mutex_unlock(&fixture_local);
	return (uint64_t)&fixture_local;
}

START_TEST(names_data)
{
	struct data_symbol symbol = symbolize_data(space, &arena, (uint64_t)&fixture_mutex);
	char second[32];

	ck_assert_str_eq(symbol.name, "fixture_mutex");
	ck_assert_str_eq(symbol.module, own_path);
	ck_assert_uint_eq(symbol.offset, (uint64_t)&fixture_mutex - own_bias);
	symbol = symbolize_data(space, &arena, (uint64_t)&fixture_array[1]);
	snprintf(second, sizeof(second), "fixture_array+0x%zx", sizeof(fixture_array[0]));
	ck_assert_str_eq(symbol.name, second);
	symbol = symbolize_data(space, &arena, local_static());
	ck_assert_str_eq(symbol.name, "fixture_local");
	symbol = symbolize_data(space, &arena, (uint64_t)__ehdr_start);
	ck_assert_ptr_null(symbol.name);
	ck_assert_str_eq(symbol.module, own_path);
	symbol = symbolize_data(space, &arena, (uint64_t)&symbol);
	ck_assert_ptr_null(symbol.name);
	ck_assert_ptr_null(symbol.module);
}
END_TEST

/* What is mapped behind a file that cannot be read may be a heap. */
/* What rustc calls its functions: by the mangling of old, and by the new one. */
void legacy_rust_function(void) __asm__(
	"_ZN3std3sys3pal4unix5futex10futex_wait17h0123456789abcdefE");
void new_rust_function(void) __asm__(
	"_RNvNtNtNtNtCs7NnCwNhpUQ5_3std3sys3pal4unix5futex10futex_wait");
void new_rust_method(void) __asm__(
	"_RNvMNtNtNtNtCsixDYL9TCqmG_3std3sys4sync5mutex5futexNtB2_5Mutex14lock_contended");
void cpp_function(void) __asm__("_ZN3std3sys10futex_waitEv");

/* Their line tables have the names of C. */
__asm__(".pushsection .text\n"
	".macro rust name\n.type \\name, @function\n\\name: ret\n.size \\name, 1\n.endm\n"
	"rust _ZN3std3sys3pal4unix5futex10futex_wait17h0123456789abcdefE\n"
	"rust _RNvNtNtNtNtCs7NnCwNhpUQ5_3std3sys3pal4unix5futex10futex_wait\n"
	"rust _RNvMNtNtNtNtCsixDYL9TCqmG_3std3sys4sync5mutex5futexNtB2_5Mutex14lock_contended\n"
	"rust _ZN3std3sys10futex_waitEv\n"
	".popsection");

static const struct {
	void (*code)(void);
	const char *name;
	bool is_rust;
} mangled[] = {
	{legacy_rust_function, "std::sys::pal::unix::futex::futex_wait", true},
	{new_rust_function, "std::sys::pal::unix::futex::futex_wait", true},
	{new_rust_method, "<std::sys::sync::mutex::futex::Mutex>::lock_contended", true},
	{cpp_function, "std::sys::futex_wait", false},
};

START_TEST(knows_functions_of_rust)
{
	uint64_t after = (uint64_t)mangled[_i].code + 1;
	struct frames frames = symbolize_code(space, &arena, after, true);

	ck_assert_str_eq(frames.list[frames.count - 1].function, mangled[_i].name);
	ck_assert_int_eq(unwind_is_rust(space, after), mangled[_i].is_rust);
	ck_assert(!unwind_is_rust(space, 0x10));
}
END_TEST

START_TEST(claims_no_data_for_a_module_of_unknown_extent)
{
	struct address_space *other = address_space_new(NULL, NULL);

	address_space_add(other, "/nonexistent/liblost.so", 0x10000, NULL, 0);
	ck_assert_str_eq(space_module_path(other, 0x13000), "/nonexistent/liblost.so");
	ck_assert_ptr_null(symbolize_data(other, &arena, 0x13000).module);
	address_space_free(other);
}
END_TEST

START_TEST(reads_the_range_that_holds_an_address)
{
	static const uint8_t low[12] = {1};
	static const uint8_t high[8] = {2};
	struct captured_memory memory;
	uint64_t value;

	captured_memory_init(&memory);
	ck_assert(captured_memory_add(&memory, 0x1000, low, sizeof(low)));
	ck_assert(captured_memory_add(&memory, UINT64_MAX - 7, high, sizeof(high)));
	ck_assert(captured_memory_add(&memory, 0, NULL, 0));
	ck_assert(captured_memory_add(&memory, 0x1000, high, sizeof(high)));
	ck_assert(!captured_memory_add(&memory, 0x2000, high, sizeof(high)));
	ck_assert_int_eq(memory.memory.read(&memory.memory, 0x1000, &value), 0);
	ck_assert_uint_eq(value, 1);
	ck_assert_int_eq(memory.memory.read(&memory.memory, UINT64_MAX - 7, &value), 0);
	ck_assert_uint_eq(value, 2);
	ck_assert_int_eq(memory.memory.read(&memory.memory, 0x1008, &value), -1);
	ck_assert_int_eq(memory.memory.read(&memory.memory, 0xff8, &value), -1);
	ck_assert_int_eq(memory.memory.read(&memory.memory, UINT64_MAX - 3, &value), -1);
}
END_TEST

static int read_own_address(const struct memory *memory, uint64_t address, uint64_t *value)
{
	(void)memory;
	*value = address;
	return 0;
}

static int read_code_address(const struct memory *memory, uint64_t address, uint64_t *value)
{
	(void)memory, (void)address;
	*value = (uint64_t)fixture_middle + 8;
	return 0;
}

START_TEST(survives_memory_that_leads_in_circles)
{
	static const struct memory sources[] = {{.read = read_own_address},
						{.read = read_code_address}};

	fixture_outer();
	for (size_t i = 0; i < 2; i++) {
		struct frames frames =
			unwind_stack(space, &arena, &capture.registers, false, &sources[i]);

		ck_assert_uint_ge(frames.count, 1);
		ck_assert_uint_le(frames.count, 128 * 4);
		ck_assert(!frames.complete);
	}
}
END_TEST

START_TEST(survives_any_registers)
{
	struct captured_memory memory;
	unsigned int seed = 1;

	captured_memory_init(&memory);
	for (int round = 0; round < 2000; round++) {
		uint64_t words[sizeof(struct stack_registers) / 8];
		struct stack_registers registers;

		for (size_t i = 0; i < sizeof(words) / 8; i++)
			words[i] = (uint64_t)rand_r(&seed) << (rand_r(&seed) % 34);
		memcpy(&registers, words, sizeof(registers));
		if (round % 2 == 0)
			registers.pc = own_bias + registers.pc % 0x100000;
		unwind_stack(space, &arena, &registers, round % 3 == 0, &memory.memory);
	}
}
END_TEST

START_TEST(asks_no_server_for_debug_files)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	char url[64];

	ck_assert_int_ge(listener, 0);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, length), 0);
	ck_assert_int_eq(listen(listener, 8), 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &length), 0);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d", ntohs(address.sin_port));
	setenv("DEBUGINFOD_URLS", url, 1);
	struct address_space *other = address_space_new(NULL, NULL);

	ck_assert_int_eq(address_space_add(other, "/bin/true", 0x10000, NULL, 0), 0);
	symbolize_code(other, &arena, 0x13000, true);
	symbolize_data(other, &arena, 0x18000);
	address_space_free(other);
	ck_assert_int_eq(accept(listener, NULL, NULL), -1);
	ck_assert_int_eq(errno, EAGAIN);
	close(listener);
}
END_TEST

/* A file's bytes, to write damaged copies of it. */
struct image {
	uint8_t *bytes;
	size_t size;
	char path[64];
	int descriptor;
};

static struct image image_of(const char *path)
{
	struct image image = {.path = "/tmp/forkcheck-unwind-XXXXXX"};
	int source = open(path, O_RDONLY | O_CLOEXEC);
	off_t size = lseek(source, 0, SEEK_END);

	ck_assert_int_gt(size, 0);
	image.size = (size_t)size;
	image.bytes = malloc(image.size);
	ck_assert_ptr_nonnull(image.bytes);
	ck_assert_int_eq(pread(source, image.bytes, image.size, 0), size);
	close(source);
	image.descriptor = mkstemp(image.path);
	ck_assert_int_ge(image.descriptor, 0);
	return image;
}

static void image_write(const struct image *image, size_t size)
{
	ck_assert_int_eq(ftruncate(image->descriptor, 0), 0);
	ck_assert_int_eq(pwrite(image->descriptor, image->bytes, size, 0), (ssize_t)size);
}

static void image_release(struct image *image)
{
	unlink(image->path);
	close(image->descriptor);
	free(image->bytes);
}

START_TEST(needs_no_frame_header)
{
	struct image image = image_of(own_path);
	Elf64_Ehdr *header = (Elf64_Ehdr *)image.bytes;
	Elf64_Phdr *segments = (Elf64_Phdr *)(image.bytes + header->e_phoff);

	for (int i = 0; i < header->e_phnum; i++) {
		if (segments[i].p_type == PT_GNU_EH_FRAME)
			segments[i].p_type = PT_NULL;
	}
	image_write(&image, image.size);
	fixture_outer();
	struct frames expected = unwind_with(space);
	ck_assert_int_eq(address_space_add(space, image.path, own_bias, NULL, 0), 0);
	struct frames frames = unwind_with(space);

	ck_assert(frames.complete);
	ck_assert_uint_eq(frames.count, expected.count);
	for (size_t i = 0; i < frames.count; i++)
		ck_assert_uint_eq(frames.list[i].pc, expected.list[i].pc);
	ck_assert_str_eq(frames.list[0].module, image.path);
	image_release(&image);
}
END_TEST

START_TEST(forgets_a_file_that_changed)
{
	struct image image = image_of("/bin/true");
	struct address_space *other = address_space_new(NULL, NULL);

	image_write(&image, image.size);
	ck_assert_int_eq(address_space_add(other, image.path, 0x10000, NULL, 0), 0);
	image_write(&image, image.size / 2);
	struct frames frames = symbolize_code(other, &arena, 0x13000, true);
	ck_assert_str_eq(frames.list[0].module, image.path);
	ck_assert_ptr_null(frames.list[0].function);
	address_space_free(other);
	image_release(&image);
}
END_TEST

/* Asks everything of a file that may be damaged anywhere. */
static void use_image(const struct image *image)
{
	const uint64_t bias = 0x100000;
	struct address_space *other = address_space_new(NULL, NULL);
	struct captured_memory memory;
	uint64_t stack[64];

	address_space_add(other, image->path, bias, NULL, 0);
	captured_memory_init(&memory);
	captured_memory_add(&memory, 0x7000, (const uint8_t *)stack, sizeof(stack));
	for (size_t i = 0; i < 64; i++)
		stack[i] = bias + i * 512;
	for (uint64_t offset = 0; offset < image->size; offset += image->size / 32 + 1) {
		struct stack_registers registers = {.pc = bias + offset, .sp = 0x7000};

		unwind_stack(other, &arena, &registers, false, &memory.memory);
		symbolize_data(other, &arena, bias + offset);
	}
	address_space_free(other);
}

START_TEST(survives_truncated_files)
{
	struct image image = image_of("/bin/true");

	for (size_t size = 0; size < 256; size += 3) {
		image_write(&image, size);
		use_image(&image);
	}
	for (size_t size = 256; size < image.size; size += image.size / 100) {
		image_write(&image, size);
		use_image(&image);
	}
	image_release(&image);
}
END_TEST

/* How much of the file is loaded. Behind that is debug information, which is libdw's to mistrust.
 */
static size_t loaded_size(const struct image *image)
{
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)image->bytes;
	const Elf64_Phdr *segments = (const Elf64_Phdr *)(image->bytes + header->e_phoff);
	size_t size = 0;

	for (int i = 0; i < header->e_phnum; i++) {
		if (segments[i].p_type == PT_LOAD &&
		    segments[i].p_offset + segments[i].p_filesz > size)
			size = segments[i].p_offset + segments[i].p_filesz;
	}
	return size;
}

START_TEST(survives_flipped_bytes)
{
	struct image image = image_of(_i == 0 ? "/bin/true" : own_path);
	size_t loaded = loaded_size(&image);
	unsigned int seed = 7;

	for (int round = 0; round < 100; round++) {
		uint8_t before[64];
		size_t where[64];
		/* Every other time within the headers, where a byte means most. */
		size_t bound = round % 2 == 0 ? 1024 : loaded;

		for (size_t i = 0; i < 64; i++) {
			where[i] = (size_t)rand_r(&seed) % bound;
			before[i] = image.bytes[where[i]];
			if (bound == loaded || i < 2)
				image.bytes[where[i]] ^= (uint8_t)(1 << rand_r(&seed) % 8);
		}
		image_write(&image, image.size);
		use_image(&image);
		for (size_t i = 64; i-- > 0;)
			image.bytes[where[i]] = before[i];
	}
	image_release(&image);
}
END_TEST

static void add_walks(Suite *suite)
{
	TCase *walks = tcase_create("walks");

	tcase_add_checked_fixture(walks, setup, teardown);
	tcase_set_timeout(walks, 60);
	tcase_add_test(walks, names_functions_and_lines);
	tcase_add_test(walks, reaches_the_entry_of_a_thread);
	tcase_add_test(walks, gives_inlined_functions_frames);
	tcase_add_test(walks, walks_through_a_signal_handler);
	tcase_add_test(walks, ends_at_the_start_of_a_context);
#ifdef __x86_64__
	tcase_add_test(walks, steps_over_generated_code_by_its_frame_pointer);
#endif
	tcase_add_test(walks, starts_from_a_return_address);
	tcase_add_test(walks, is_incomplete_where_the_copy_ends);
	tcase_add_test(walks, leaves_out_the_shim);
	tcase_add_test(walks, keeps_frames_after_the_space_is_gone);
	tcase_add_test(walks, reads_the_range_that_holds_an_address);
	tcase_add_test(walks, survives_memory_that_leads_in_circles);
	tcase_add_test(walks, survives_any_registers);
	suite_add_tcase(suite, walks);
}

static void add_files(Suite *suite)
{
	TCase *files = tcase_create("files");

	tcase_add_checked_fixture(files, setup, teardown);
	tcase_set_timeout(files, 300);
	tcase_add_test(files, uses_nothing_of_a_replaced_file);
	tcase_add_test(files, names_a_file_that_cannot_be_read);
	tcase_add_test(files, prefers_the_later_of_two_modules);
	tcase_add_test(files, names_data);
	tcase_add_loop_test(files, knows_functions_of_rust, 0,
			    (int)(sizeof(mangled) / sizeof(*mangled)));
	tcase_add_test(files, claims_no_data_for_a_module_of_unknown_extent);
	tcase_add_test(files, asks_no_server_for_debug_files);
	tcase_add_test(files, needs_no_frame_header);
	tcase_add_test(files, forgets_a_file_that_changed);
	tcase_add_test(files, survives_truncated_files);
	tcase_add_loop_test(files, survives_flipped_bytes, 0, 2);
	suite_add_tcase(suite, files);
}

Suite *unwind_suite(void)
{
	Suite *suite = suite_create("unwind");

	add_walks(suite);
	add_files(suite);
	return suite;
}
