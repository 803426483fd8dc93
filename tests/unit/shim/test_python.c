/*
 * Frames of an interpreter that is not there: a memory of a few pages in which
 * a test lays out one thread of CPython 3.11 (a layout with fixed offsets) or
 * of 3.13 (one that says its own), and then spoils it.
 */
#include "base/process.h"
#include "base/symbol_tables.h"
#include "record/python_frames.h"
#include <check.h>
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <string.h>

Suite *python_suite(void);

/* --- the memory ------------------------------------------------------------- */

#define BASE             UINT64_C(0x10000)
#define RUNTIME          UINT64_C(0x10000)
#define STATE            UINT64_C(0x11000) /* the interpreter */
#define THREAD           UINT64_C(0x12000)
#define CALL             UINT64_C(0x12800) /* _PyCFrame */
#define FRAMES           UINT64_C(0x13000)
#define CODE             UINT64_C(0x14000)
#define TEXTS            UINT64_C(0x15000)
#define LINES            UINT64_C(0x16000)
#define CODE_TYPE        UINT64_C(0x77770)
#define TEXT_TYPE        UINT64_C(0x88880)
#define SELF             UINT64_C(0x7f0000001234)
#define FRAME_AT(number) (FRAMES + 0x60 * (number))

static uint8_t bytes[0x8000];
static struct python_interpreter fake = {.runtime = RUNTIME,
					 .code_type = CODE_TYPE,
					 .unicode_type = TEXT_TYPE,
					 .version = 0x030b02f0};
static struct python_walk walk;
static uint32_t reads;

static bool read_fake(const struct python_memory *memory, void *to, uint64_t address, size_t length)
{
	(void)memory;
	reads++;
	if (address < BASE || address - BASE > sizeof(bytes) ||
	    length > sizeof(bytes) - (address - BASE))
		return false;
	memcpy(to, bytes + (address - BASE), length);
	return true;
}

static const struct python_memory fake_memory = {.read = read_fake};

static void put(uint64_t address, const void *from, size_t length)
{
	memcpy(bytes + (address - BASE), from, length);
}

static void put_word(uint64_t address, uint64_t value)
{
	put(address, &value, sizeof(value));
}

static void put_number(uint64_t address, uint32_t value)
{
	put(address, &value, sizeof(value));
}

static void put_byte(uint64_t address, uint8_t value)
{
	put(address, &value, sizeof(value));
}

/* A compact string: kind 1, 2 or 4; the data begins behind a header that ASCII has shorter. */
static void put_text(uint64_t address, uint32_t kind, bool ascii, const void *data, uint64_t length)
{
	put_word(address + 8, TEXT_TYPE);
	put_word(address + 16, length);
	put_number(address + 32, kind << 2 | 1u << 5 | (uint32_t)ascii << 6);
	put(address + (ascii ? 48 : 72), data, length * kind);
}

static void put_lines(const void *table, size_t length)
{
	put_word(LINES + 16, length);
	put(LINES + 32, table, length);
}

/* One code unit without a line, then three entries: line +2 of 4 units, +1 of 2, +5 of 8. */
static const uint8_t locations[] = {
	0x80 | 15 << 3 | 0,                      /* no location */
	0x80 | 13 << 3 | 3, 2 << 1,              /* no columns */
	0x80 | 11 << 3 | 1, 4,      9,           /* one line */
	0x80 | 14 << 3 | 7, 5 << 1, 0, 65, 1, 7, /* long; 65: two bytes of a number */
};

static void put_code(uint64_t address, uint64_t file, uint64_t function, uint32_t first_line)
{
	put_word(address + 8, CODE_TYPE);
	put_word(address + 112, file);
	put_word(address + 128, function);
	put_number(address + 72, first_line);
	put_word(address + 136, LINES);
}

static void put_frame_311(uint64_t address, uint64_t previous, uint64_t instruction, bool entry)
{
	put_word(address + 32, CODE);
	put_word(address + 48, previous);
	put_word(address + 56, CODE + 184 + instruction);
	put_byte(address + 68, entry);
}

static void set_up(void)
{
	memset(bytes, 0, sizeof(bytes));
	fake.version = 0x030b02f0;
	walk = (struct python_walk){.memory = &fake_memory, .interpreter = &fake};
	put_word(RUNTIME + 40, STATE);
	put_word(STATE + 16, THREAD);
	put_word(THREAD + 16, STATE);
	put_word(THREAD + 152, SELF);
	put_word(THREAD + 56, CALL);
	put_word(CALL + 8, FRAME_AT(0));
	put_word(CALL + 16, CALL + 0x100);
	/* Two frames in the first C call, one in the call around it. */
	put_frame_311(FRAME_AT(0), FRAME_AT(1), 2, false);
	put_frame_311(FRAME_AT(1), FRAME_AT(2), 10, true);
	put_frame_311(FRAME_AT(2), 0, 20, true);
	put_code(CODE, TEXTS, TEXTS + 0x400, 100);
	put_text(TEXTS, 1, true, "/app/train.py", 13);
	put_text(TEXTS + 0x400, 1, true, "Pool.load", 9);
	put_lines(locations, sizeof(locations));
}

static enum python_status walk_thread(uint64_t self)
{
	enum python_status status = python_find_layout(&walk);

	return status == PYTHON_READ ? python_walk_thread(&walk, self) : status;
}

static int32_t line_of(uint32_t frame)
{
	struct python_code code;

	ck_assert(python_read_code(&walk, walk.frames[frame].code, &code));
	return python_find_line(&walk, &code, walk.frames[frame].instruction);
}

/* --- frames ------------------------------------------------------------------ */

START_TEST(finds_frames_and_their_calls)
{
	struct python_code code;

	ck_assert_int_eq(walk_thread(SELF), PYTHON_READ);
	ck_assert_uint_eq(walk.count, 3);
	ck_assert(!walk.truncated);
	ck_assert_uint_eq(walk.frames[0].call, CALL);
	ck_assert_uint_eq(walk.frames[1].call, CALL);
	ck_assert_uint_eq(walk.frames[2].call, CALL + 0x100);
	ck_assert(python_read_code(&walk, walk.frames[0].code, &code));
	ck_assert_uint_eq(code.file_length, 13);
	ck_assert_mem_eq(code.file, "/app/train.py", 13);
	ck_assert_uint_eq(code.function_length, 9);
	ck_assert_mem_eq(code.function, "Pool.load", 9);
	ck_assert_int_eq(line_of(0), 102);
	ck_assert_int_eq(line_of(1), 103);
	ck_assert_int_eq(line_of(2), 108);
}
END_TEST

START_TEST(knows_a_thread_by_its_own_number_only)
{
	ck_assert_int_eq(walk_thread(SELF + 8), PYTHON_NO_THREAD);
	/* Another thread's state comes before it in the list. */
	put_word(STATE + 16, THREAD + 0x400);
	put_word(THREAD + 0x400 + 8, THREAD);
	put_word(THREAD + 0x400 + 16, STATE);
	ck_assert_int_eq(walk_thread(SELF), PYTHON_READ);
	/* A state of no interpreter: freed memory, perhaps. */
	put_word(THREAD + 16, STATE + 8);
	ck_assert_int_eq(walk_thread(SELF), PYTHON_NO_THREAD);
}
END_TEST

START_TEST(refuses_what_it_does_not_know)
{
	fake.version = 0x030700f0;
	ck_assert_int_eq(walk_thread(SELF), PYTHON_UNKNOWN_VERSION);
	fake.version = 0x031000f0;
	ck_assert_int_eq(walk_thread(SELF), PYTHON_UNKNOWN_VERSION);
	fake.version = 0;
	ck_assert_int_eq(walk_thread(SELF), PYTHON_UNKNOWN_VERSION);
}
END_TEST

START_TEST(tells_nothing_of_a_damaged_stack)
{
	put_word(FRAME_AT(1) + 32, CODE + 16);
	ck_assert_int_eq(walk_thread(SELF), PYTHON_DAMAGED);
	ck_assert_uint_eq(walk.count, 0);
	put_word(FRAME_AT(1) + 32, 8);
	ck_assert_int_eq(walk_thread(SELF), PYTHON_DAMAGED);
	put_word(FRAME_AT(1) + 32, CODE);
	put_word(FRAME_AT(1) + 48, UINT64_MAX - 4);
	ck_assert_int_eq(walk_thread(SELF), PYTHON_UNREADABLE);
	ck_assert_uint_eq(walk.count, 0);
}
END_TEST

START_TEST(ends_in_a_ring)
{
	put_word(FRAME_AT(2) + 48, FRAME_AT(2));
	ck_assert_int_eq(walk_thread(SELF), PYTHON_READ);
	ck_assert_uint_eq(walk.count, SESSION_PYTHON_FRAMES);
	ck_assert(walk.truncated);
	put_word(THREAD + 8, THREAD);
	ck_assert_int_eq(walk_thread(SELF + 8), PYTHON_NO_THREAD);
	put_word(STATE, STATE);
	ck_assert_int_eq(walk_thread(SELF + 8), PYTHON_NO_THREAD);
}
END_TEST

/* A state that is the next one of itself, as its interpreter is, with frames that cannot be read.
 */
START_TEST(gives_up_on_states_without_an_end)
{
	put_word(THREAD + 8, THREAD);
	put_word(STATE, STATE);
	put_word(FRAME_AT(2) + 32, 8);
	reads = 0;
	ck_assert_int_eq(walk_thread(SELF), PYTHON_DAMAGED);
	ck_assert_uint_lt(reads, 10000);
}
END_TEST

START_TEST(finds_the_holder_of_the_lock)
{
	ck_assert_int_eq(python_find_layout(&walk), PYTHON_READ);
	ck_assert_uint_eq(python_lock_holder(&walk), 0);
	put_word(RUNTIME + 576, THREAD);
	ck_assert_uint_eq(python_lock_holder(&walk), THREAD);
}
END_TEST

/* --- names of threads ---------------------------------------------------------- */

#define OBJECT     UINT64_C(0x17000)
#define TYPE       UINT64_C(0x17200)
#define KEYS       UINT64_C(0x17800)
#define VALUES     UINT64_C(0x17a00)
#define NAME_TEXT  UINT64_C(0x17b00)
#define OTHER_TEXT UINT64_C(0x17b80)
#define VALUE_TEXT UINT64_C(0x17c00)

static void set_up_start(void)
{
	set_up();
	put_text(TEXTS, 1, true, "/usr/lib/python3.11/threading.py", 32);
	put_text(TEXTS + 0x400, 1, true, "Thread.start", 12);
	put_text(NAME_TEXT, 1, true, "_name", 5);
	put_text(OTHER_TEXT, 1, true, "_target", 7);
	put_text(VALUE_TEXT, 1, true, "squares_0", 9);
	put_word(FRAME_AT(0) + 72, OBJECT);
	put_word(OBJECT + 8, TYPE);
	put_word(OBJECT - 32, VALUES);
	put_word(TYPE + 872, KEYS);
	/* Eight indices, entries without hashes, two of them. */
	put_byte(KEYS + 9, 3);
	put_byte(KEYS + 10, 2);
	put_word(KEYS + 24, 2);
	put_word(KEYS + 40, OTHER_TEXT);
	put_word(KEYS + 56, NAME_TEXT);
	put_word(VALUES + 8, VALUE_TEXT);
}

START_TEST(reads_the_name_of_a_thread_that_starts)
{
	char name[SESSION_PYTHON_NAME];
	size_t length;

	set_up_start();
	ck_assert_int_eq(walk_thread(SELF), PYTHON_READ);
	ck_assert(python_is_starting(&walk));
	ck_assert(python_started_name(&walk, name, sizeof(name), &length));
	ck_assert_uint_eq(length, 9);
	ck_assert_mem_eq(name, "squares_0", 9);
	/* The object has a dictionary of its own, with the values in its entries. */
	put_word(OBJECT - 32, 0);
	put_word(OBJECT - 24, VALUES);
	put_word(VALUES + 32, KEYS);
	put_word(VALUES + 40, 0);
	put_word(KEYS + 64, VALUE_TEXT);
	ck_assert(python_started_name(&walk, name, sizeof(name), &length));
	ck_assert_uint_eq(length, 9);
}
END_TEST

START_TEST(reads_no_name_where_there_is_none)
{
	char name[SESSION_PYTHON_NAME];
	size_t length;

	ck_assert_int_eq(walk_thread(SELF), PYTHON_READ);
	ck_assert(!python_is_starting(&walk));
	set_up_start();
	ck_assert_int_eq(walk_thread(SELF), PYTHON_READ);
	/* None, an object of another kind, nothing at all. */
	put_word(VALUES + 8, CODE);
	ck_assert(!python_started_name(&walk, name, sizeof(name), &length));
	put_word(KEYS + 24, UINT64_MAX);
	put_word(KEYS + 56, OTHER_TEXT);
	ck_assert(!python_started_name(&walk, name, sizeof(name), &length));
	put_word(OBJECT - 32, 0);
	ck_assert(!python_started_name(&walk, name, sizeof(name), &length));
	put_word(FRAME_AT(0) + 72, 0);
	ck_assert(!python_started_name(&walk, name, sizeof(name), &length));
}
END_TEST

/* --- queues --------------------------------------------------------------------- */

/* Behind what set_up_start() uses. */
#define CONTAINER      (VALUES + 0x40)
#define CONTAINER_TYPE (VALUES + 0x80)
#define TYPE_WORDS     (VALUES + 0xc0)

/* The object whose method the second frame is has a container of that type as its "queue". */
static void set_up_queue(const char *type)
{
	set_up_start();
	put_word(FRAME_AT(0) + 72, 0);
	put_word(FRAME_AT(1) + 72, OBJECT);
	put_text(NAME_TEXT, 1, true, "queue", 5);
	put_word(VALUES + 8, CONTAINER);
	put_word(CONTAINER + 8, CONTAINER_TYPE);
	put_word(CONTAINER_TYPE + 24, TYPE_WORDS);
	put(TYPE_WORDS, type, strlen(type) + 1);
	put_word(CONTAINER + 16, 5);
}

static bool find_queue(uint64_t lock, struct python_queue *queue)
{
	return walk_thread(SELF) == PYTHON_READ && python_find_queue(&walk, THREAD, lock, queue);
}

START_TEST(counts_what_is_in_a_queue)
{
	struct python_queue queue;
	uint64_t count;

	set_up_queue("collections.deque");
	ck_assert(find_queue(1, &queue));
	ck_assert(python_count_queue(&walk, &queue, &count));
	ck_assert_uint_eq(count, 5);
	/* Something else is there by now. */
	put_word(CONTAINER + 8, TYPE);
	ck_assert(!python_count_queue(&walk, &queue, &count));
}
END_TEST

START_TEST(counts_a_simple_queue_by_its_lock)
{
	struct python_queue queue;
	uint64_t count;

	set_up_queue("_queue.SimpleQueue");
	put_word(CONTAINER + 16, 0x5150);
	ck_assert(!find_queue(0x5151, &queue));
	ck_assert(find_queue(0x5150, &queue));
	put_word(CONTAINER + 32, OBJECT);
	put_word(OBJECT + 8, CONTAINER_TYPE);
	ck_assert(!python_count_queue(&walk, &queue, &count));
	put(TYPE_WORDS, "list", 5);
	put_word(OBJECT + 16, 5);
	put_word(CONTAINER + 40, 3);
	ck_assert(python_count_queue(&walk, &queue, &count));
	ck_assert_uint_eq(count, 2);
	put_word(CONTAINER + 40, 6);
	ck_assert(!python_count_queue(&walk, &queue, &count));
}
END_TEST

START_TEST(finds_no_queue_where_there_is_none)
{
	struct python_queue queue;

	set_up_queue("dict");
	ck_assert(!find_queue(1, &queue));
	set_up_queue("list");
	ck_assert(find_queue(1, &queue));
	put_word(FRAME_AT(1) + 72, UINT64_MAX);
	ck_assert(!find_queue(1, &queue));
}
END_TEST

/* --- a version that tells its offsets ------------------------------------------ */

/* Words of _Py_DebugOffsets of 3.13: place and value. */
static const struct {
	uint32_t place, value;
} words_313[] = {{5, 632}, {8, 16},   {9, 24},   {14, 32},  {15, 800}, {17, 816}, {18, 808},
		 {21, 8},  {22, 16},  {23, 72},  {24, 152}, {29, 8},   {30, 0},   {31, 56},
		 {33, 70}, {35, 112}, {37, 128}, {38, 136}, {39, 72},  {43, 184}, {65, 16},
		 {66, 32}, {68, 32},  {69, 16},  {70, 48}};

static void set_up_313(void)
{
	set_up();
	fake.version = 0x030d00f0;
	put(RUNTIME, "xdebugpy", 8);
	put_word(RUNTIME + 8, fake.version);
	for (size_t i = 0; i < sizeof(words_313) / sizeof(*words_313); i++)
		put_word(RUNTIME + 8 * words_313[i].place, words_313[i].value);
	put_word(RUNTIME + 632, STATE);
	put_word(STATE + 16, 0);
	put_word(STATE + 24, THREAD);
	put_word(THREAD + 72, FRAME_AT(0));
	memset(bytes + (FRAMES - BASE), 0, 0x200);
	for (uint32_t i = 0; i < 3; i++) {
		/* References carry tags from 3.14 on. */
		put_word(FRAME_AT(i), CODE | 1);
		put_word(FRAME_AT(i) + 8, i == 2 ? 0 : FRAME_AT(i + 1));
		put_word(FRAME_AT(i) + 56, CODE + 184 + 2);
	}
	/* The last one stands for the C call. */
	put_word(FRAME_AT(2), 0);
	put_byte(FRAME_AT(2) + 70, 3);
}

START_TEST(follows_the_offsets_that_it_is_told)
{
	set_up_313();
	ck_assert_int_eq(walk_thread(SELF), PYTHON_READ);
	ck_assert_uint_eq(walk.count, 2);
	ck_assert_uint_eq(walk.frames[0].call, FRAME_AT(2));
	ck_assert_uint_eq(walk.frames[1].call, FRAME_AT(2));
	ck_assert_int_eq(line_of(0), 102);
}
END_TEST

/* The same of 3.14, which tells where variables are. */
static const struct {
	uint32_t place, value;
} words_314[] = {{5, 1000}, {8, 16},  {9, 24},   {15, 32},  {16, 800}, {18, 816}, {19, 808},
		 {24, 8},   {25, 16}, {26, 72},  {27, 152}, {32, 8},   {33, 0},   {34, 56},
		 {35, 80},  {36, 74}, {40, 112}, {42, 128}, {43, 136}, {44, 72},  {48, 184},
		 {75, 16},  {76, 32}, {78, 32},  {79, 16},  {80, 48}};

static void set_up_314(void)
{
	set_up_313();
	fake.version = 0x030e00f0;
	put_word(RUNTIME + 8, fake.version);
	memset(bytes + (RUNTIME - BASE) + 16, 0, 600);
	for (size_t i = 0; i < sizeof(words_314) / sizeof(*words_314); i++)
		put_word(RUNTIME + 8 * words_314[i].place, words_314[i].value);
	put_word(RUNTIME + 1000, STATE);
	put_word(FRAME_AT(2) + 72, 3 << 16);
	put_text(TEXTS, 1, true, "/usr/lib/python3.14/threading.py", 32);
	put_text(TEXTS + 0x400, 1, true, "Thread.start", 12);
	put_text(NAME_TEXT, 1, true, "_name", 5);
	put_text(VALUE_TEXT, 1, true, "squares_0", 9);
	/* A tagged reference to an object with its values behind it. */
	put_word(FRAME_AT(0) + 80, OBJECT | 1);
	put_word(OBJECT + 8, TYPE);
	put_word(TYPE + 32, 16);
	put_word(TYPE + 880, KEYS);
	put_byte(KEYS + 9, 3);
	put_byte(KEYS + 10, 2);
	put_word(KEYS + 24, 1);
	put_word(KEYS + 40, NAME_TEXT);
	put_word(OBJECT + 16 + 8, VALUE_TEXT);
}

START_TEST(reads_the_name_of_a_thread_of_3_14)
{
	char name[SESSION_PYTHON_NAME];
	size_t length;

	set_up_314();
	ck_assert_int_eq(walk_thread(SELF), PYTHON_READ);
	ck_assert_uint_eq(walk.count, 2);
	ck_assert(python_is_starting(&walk));
	ck_assert(python_started_name(&walk, name, sizeof(name), &length));
	ck_assert_uint_eq(length, 9);
	ck_assert_mem_eq(name, "squares_0", 9);
	/* An offset that is none costs the name only. */
	put_word(RUNTIME + 8 * 35, UINT64_C(1) << 40);
	ck_assert_int_eq(walk_thread(SELF), PYTHON_READ);
	ck_assert(!python_started_name(&walk, name, sizeof(name), &length));
}
END_TEST

START_TEST(refuses_offsets_that_are_not_sane)
{
	set_up_313();
	put_word(RUNTIME + 8 * 23, UINT64_C(1) << 40);
	ck_assert_int_eq(walk_thread(SELF), PYTHON_DAMAGED);
	set_up_313();
	/* In range for an offset, out of it for a frame. */
	put_word(RUNTIME + 8 * 31, 4096);
	ck_assert_int_ne(walk_thread(SELF), PYTHON_READ);
	set_up_313();
	put_word(RUNTIME + 8, 0x030d01f0);
	ck_assert_int_eq(walk_thread(SELF), PYTHON_DAMAGED);
	set_up_313();
	put(RUNTIME, "xdebugpx", 8);
	ck_assert_int_eq(walk_thread(SELF), PYTHON_DAMAGED);
	set_up_313();
	put_word(RUNTIME + 16, 1);
	ck_assert_int_eq(walk_thread(SELF), PYTHON_FREE_THREADED);
	fake.runtime = BASE + sizeof(bytes) - 64;
	ck_assert_int_eq(walk_thread(SELF), PYTHON_UNREADABLE);
	fake.runtime = RUNTIME;
}
END_TEST

START_TEST(finds_the_holder_behind_a_pointer)
{
	set_up_313();
	put_word(STATE + 32, STATE + 0x200);
	put_word(STATE + 0x200 + 8, THREAD);
	ck_assert_int_eq(python_find_layout(&walk), PYTHON_READ);
	ck_assert_uint_eq(python_lock_holder(&walk), 0);
	put_number(STATE + 0x200 + 16, 1);
	ck_assert_uint_eq(python_lock_holder(&walk), THREAD);
}
END_TEST

/* --- lines ------------------------------------------------------------------- */

static int32_t line_at(enum python_lines format, int32_t instruction)
{
	struct python_code code = {.first_line = 100, .line_table = LINES};

	ck_assert_int_eq(python_find_layout(&walk), PYTHON_READ);
	walk.layout.lines = format;
	return python_find_line(&walk, &code, instruction);
}

START_TEST(finds_lines_in_a_table_of_3_9)
{
	/* 6 bytes, +1; 300 bytes in two entries, +10; 2 bytes, -4. */
	static const uint8_t table[] = {6, 1, 255, 0, 45, 10, 2, 252};

	put_lines(table, sizeof(table));
	ck_assert_int_eq(line_at(PYTHON_LINES_LNOTAB, -1), 100);
	ck_assert_int_eq(line_at(PYTHON_LINES_LNOTAB, 4), 100);
	ck_assert_int_eq(line_at(PYTHON_LINES_LNOTAB, 6), 101);
	ck_assert_int_eq(line_at(PYTHON_LINES_LNOTAB, 305), 101);
	ck_assert_int_eq(line_at(PYTHON_LINES_LNOTAB, 306), 111);
	ck_assert_int_eq(line_at(PYTHON_LINES_LNOTAB, 308), 107);
}
END_TEST

START_TEST(wraps_around_with_lines_of_any_number)
{
	static const uint8_t table[] = {2, 1, 8, 1};
	struct python_code code = {.first_line = INT32_MAX, .line_table = LINES};

	put_lines(table, sizeof(table));
	ck_assert_int_eq(python_find_layout(&walk), PYTHON_READ);
	walk.layout.lines = PYTHON_LINES_LNOTAB;
	ck_assert_int_eq(python_find_line(&walk, &code, 2), INT32_MIN);
	walk.layout.lines = PYTHON_LINES_RANGES;
	ck_assert_int_eq(python_find_line(&walk, &code, 1), INT32_MIN);
}
END_TEST

START_TEST(finds_lines_in_a_table_of_3_10)
{
	/* 4 bytes at +1; 2 without a line; 8 at +3. */
	static const uint8_t table[] = {4, 1, 2, 128, 8, 3};

	put_lines(table, sizeof(table));
	ck_assert_int_eq(line_at(PYTHON_LINES_RANGES, 2), 101);
	ck_assert_int_eq(line_at(PYTHON_LINES_RANGES, 4), 0);
	ck_assert_int_eq(line_at(PYTHON_LINES_RANGES, 6), 104);
	ck_assert_int_eq(line_at(PYTHON_LINES_RANGES, 14), 0);
}
END_TEST

START_TEST(finds_lines_in_a_table_of_3_11)
{
	ck_assert_int_eq(line_at(PYTHON_LINES_LOCATIONS, 0), 0);
	ck_assert_int_eq(line_at(PYTHON_LINES_LOCATIONS, 8), 102);
	ck_assert_int_eq(line_at(PYTHON_LINES_LOCATIONS, 12), 103);
	ck_assert_int_eq(line_at(PYTHON_LINES_LOCATIONS, 28), 108);
	ck_assert_int_eq(line_at(PYTHON_LINES_LOCATIONS, 30), 0);
	/* A table that says it is longer than there is memory. */
	put_word(LINES + 16, 0x30000);
	ck_assert_int_eq(line_at(PYTHON_LINES_LOCATIONS, 1 << 24), 0);
	put_word(LINES + 16, UINT64_MAX);
	ck_assert_int_eq(line_at(PYTHON_LINES_LOCATIONS, 0), 0);
}
END_TEST

/* --- text -------------------------------------------------------------------- */

static void assert_text(const char *expected, size_t capacity, bool keep_end)
{
	char text[256];
	size_t length;

	ck_assert_int_eq(python_find_layout(&walk), PYTHON_READ);
	ck_assert(python_read_text(&walk, TEXTS, text, capacity, keep_end, &length));
	ck_assert_uint_le(length, capacity);
	ck_assert_uint_eq(length, strlen(expected));
	ck_assert_mem_eq(text, expected, length);
}

START_TEST(reads_text_of_every_width)
{
	static const uint16_t two[] = {'a', 0x20ac, 0xdcff, 0xd800};
	static const uint32_t four[] = {'a', 0x1f40d};

	assert_text("/app/train.py", 256, false);
	put_text(TEXTS, 1, false, "m\xe9th", 4);
	assert_text("m\xc3\xa9th", 256, false);
	/* A byte that was not UTF-8 comes out as it was; half a pair is nothing to lose. */
	put_text(TEXTS, 2, false, two, 4);
	assert_text("a\xe2\x82\xac\xff\xed\xa0\x80", 256, false);
	put_text(TEXTS, 4, false, four, 2);
	assert_text("a\xf0\x9f\x90\x8d", 256, false);
}
END_TEST

START_TEST(cuts_text_at_either_end)
{
	static const uint16_t two[] = {0x20ac, 0x20ac, 0x20ac, 'z'};

	assert_text("/app", 4, false);
	assert_text("n.py", 4, true);
	put_text(TEXTS, 2, false, two, 4);
	assert_text("\xe2\x82\xac", 5, false);
	assert_text("z", 5, true);
}
END_TEST

START_TEST(refuses_what_is_no_text)
{
	char text[16];
	size_t length;

	ck_assert_int_eq(python_find_layout(&walk), PYTHON_READ);
	ck_assert(!python_read_text(&walk, CODE, text, sizeof(text), false, &length));
	ck_assert(!python_read_text(&walk, 0, text, sizeof(text), false, &length));
	/* Kind 3 does not exist; text that is not compact is of before 3.3. */
	put_number(TEXTS + 32, 3u << 2 | 1u << 5);
	ck_assert(!python_read_text(&walk, TEXTS, text, sizeof(text), false, &length));
	put_number(TEXTS + 32, 1u << 2);
	ck_assert(!python_read_text(&walk, TEXTS, text, sizeof(text), false, &length));
	/* Longer than memory. */
	put_text(TEXTS, 1, true, "x", 1);
	put_word(TEXTS + 16, UINT64_MAX);
	ck_assert(!python_read_text(&walk, TEXTS, text, sizeof(text), true, &length));
}
END_TEST

/* --- files ---------------------------------------------------------------------- */

#define TEXT_FILE     UINT64_C(0x17000)
#define BUFFERED_FILE UINT64_C(0x17100)
#define RAW_FILE      UINT64_C(0x17200)
#define TYPES         UINT64_C(0x17300)
#define BUFFER        UINT64_C(0x17800)
#define PENDING       UINT64_C(0x17900)
#define PIECES        UINT64_C(0x17a00)
#define SYSTEM        UINT64_C(0x17b00)
#define SYSTEM_KEYS   UINT64_C(0x17b40)
#define GENERATION_0  (STATE + 672)
#define PERMANENT     (STATE + 752)
#define COLLECTING    (STATE + 848)

/* The types are 64 bytes apart, each with its name behind it. */
static uint64_t put_type(uint32_t number, const char *name)
{
	uint64_t type = TYPES + 64 * number;

	put_word(type + 24, type + 32);
	put(type + 32, name, strlen(name) + 1);
	return type;
}

static void put_bytes(uint64_t address, const char *data)
{
	put_word(address + 8, put_type(4, "bytes"));
	put_word(address + 16, strlen(data));
	put(address + 32, data, strlen(data));
}

static void put_pending(uint64_t object, uint64_t length)
{
	put_word(TEXT_FILE + 136, object);
	put_word(TEXT_FILE + 144, length);
}

static void put_waiting(uint64_t start, uint64_t end)
{
	put_word(BUFFERED_FILE + 88, start);
	put_word(BUFFERED_FILE + 96, end);
}

static void put_ring(uint64_t list)
{
	put_word(list, list);
	put_word(list + 8, list);
}

static void set_up_files(void)
{
	set_up();
	put_word(TEXT_FILE + 8, put_type(0, "_io.TextIOWrapper"));
	put_number(TEXT_FILE + 16, 1);
	put_word(TEXT_FILE + 32, BUFFERED_FILE);
	put_word(BUFFERED_FILE + 8, put_type(1, "_io.BufferedWriter"));
	put_word(BUFFERED_FILE + 16, RAW_FILE);
	put_number(BUFFERED_FILE + 24, 1);
	put_number(BUFFERED_FILE + 36, 1);
	put_word(BUFFERED_FILE + 56, BUFFER);
	put_word(BUFFERED_FILE + 120, 16);
	put(BUFFER, "..hello world...", 16);
	put_waiting(2, 7);
	put_word(RAW_FILE + 8, put_type(2, "_io.FileIO"));
	put_number(RAW_FILE + 16, 5);
	for (uint64_t i = 0; i < 3; i++)
		put_ring(GENERATION_0 + 24 * i);
	put_ring(PERMANENT);
	ck_assert_int_eq(python_find_layout(&walk), PYTHON_READ);
}

static void check_waits(uint64_t address, const char *data)
{
	struct python_file file;

	ck_assert(python_read_file(&walk, address, &file));
	ck_assert_uint_eq(file.object, BUFFERED_FILE);
	ck_assert_uint_eq(file.buffer, BUFFER);
	ck_assert_uint_eq(file.size, 16);
	ck_assert_int_eq(file.descriptor, 5);
	ck_assert_uint_eq(file.length, strlen(data));
	ck_assert_uint_eq(file.sampled, strlen(data));
	ck_assert_mem_eq(file.sample, data, strlen(data));
}

static bool waits(uint64_t address)
{
	struct python_file file;

	return python_read_file(&walk, address, &file);
}

START_TEST(reads_what_waits_in_a_buffer)
{
	check_waits(BUFFERED_FILE, "hello");
	put_word(BUFFERED_FILE + 8, put_type(3, "_io.BufferedRandom"));
	check_waits(BUFFERED_FILE, "hello");
	/* All is written; the buffer is not in use; it is to read from. */
	put_waiting(7, 7);
	ck_assert(!waits(BUFFERED_FILE));
	put_waiting(0, UINT64_MAX);
	ck_assert(!waits(BUFFERED_FILE));
	put_waiting(2, 7);
	put_number(BUFFERED_FILE + 36, 0);
	ck_assert(!waits(BUFFERED_FILE));
}
END_TEST

START_TEST(reads_text_before_it_comes_to_the_buffer)
{
	check_waits(TEXT_FILE, "hello");
	put_text(PENDING, 1, true, " all", 4);
	put_pending(PENDING, 4);
	check_waits(TEXT_FILE, "hello all");
	put_bytes(PENDING, " you");
	check_waits(TEXT_FILE, "hello you");
	put_waiting(0, UINT64_MAX);
	check_waits(TEXT_FILE, " you");
	/* In pieces. */
	put_text(PENDING + 0x80, 1, true, "!", 1);
	put_word(PIECES + 8, put_type(5, "list"));
	put_word(PIECES + 16, 2);
	put_word(PIECES + 24, PIECES + 0x40);
	put_word(PIECES + 0x40, PENDING);
	put_word(PIECES + 0x48, PENDING + 0x80);
	put_pending(PIECES, 5);
	check_waits(TEXT_FILE, " you!");
	put_waiting(2, 7);
	check_waits(TEXT_FILE, "hello you!");
	/* What finds no room behind them is written later. */
	put_waiting(2, 12);
	check_waits(TEXT_FILE, "hello worl");
}
END_TEST

START_TEST(samples_the_start_of_long_text)
{
	struct python_file file;
	char text[300];

	memset(text, 'x', sizeof(text));
	text[299] = 'y';
	put_waiting(0, UINT64_MAX);
	put_text(LINES, 1, true, text, sizeof(text));
	put_pending(LINES, sizeof(text));
	ck_assert(python_read_file(&walk, TEXT_FILE, &file));
	ck_assert_uint_eq(file.length, 300);
	ck_assert_uint_eq(file.sampled, PYTHON_SAMPLE);
	ck_assert_mem_eq(file.sample, text, PYTHON_SAMPLE);
}
END_TEST

START_TEST(refuses_what_is_no_file)
{
	static const struct {
		uint64_t address;
		uint64_t value;
		size_t size;
	} spoilt[] = {
		{TEXT_FILE + 16, 0, 4},           /* not open */
		{TEXT_FILE + 20, 1, 4},           /* detached */
		{TEXT_FILE + 32, 0, 8},           /* no buffer */
		{TEXT_FILE + 136, 0, 8},          /* a length of nothing */
		{TEXT_FILE + 144, 0, 8},          /* no length */
		{TEXT_FILE + 144, 5, 8},          /* more than there is */
		{TEXT_FILE + 144, UINT64_MAX, 8}, /* -1 */
		{PENDING + 8, CODE_TYPE, 8},      /* not text */
		{BUFFERED_FILE + 24, 0, 4},       /* not open */
		{BUFFERED_FILE + 28, 1, 4},       /* detached */
		{BUFFERED_FILE + 56, 0, 8},       /* closed */
		{BUFFERED_FILE + 56, 8, 8},       /* not there */
		{BUFFERED_FILE + 88, 8, 8},       /* ends before it starts */
		{BUFFERED_FILE + 96, 17, 8},      /* longer than the buffer */
		{BUFFERED_FILE + 112, SELF, 8},   /* somebody is in it */
		{BUFFERED_FILE + 120, 0, 8},      {BUFFERED_FILE + 120, UINT64_C(1) << 40, 8},
		{BUFFERED_FILE + 16, BUFFER, 8}, /* a file of another kind */
		{RAW_FILE + 16, UINT32_MAX, 4},  /* closed */
		{TYPES + 64 + 32, 'j', 1},       /* a type of another name */
		{TYPES + 64 + 32 + 18, 's', 1},  /* and of a longer one */
	};

	put_text(PENDING, 1, true, " all", 4);
	put_pending(PENDING, 4);
	check_waits(TEXT_FILE, "hello all");
	for (size_t i = 0; i < sizeof(spoilt) / sizeof(*spoilt); i++) {
		uint8_t kept[8];

		memcpy(kept, bytes + (spoilt[i].address - BASE), sizeof(kept));
		put(spoilt[i].address, &spoilt[i].value, spoilt[i].size);
		ck_assert_msg(!waits(TEXT_FILE), "spoilt %zu", i);
		put(spoilt[i].address, kept, sizeof(kept));
	}
	check_waits(TEXT_FILE, "hello all");
	ck_assert(!waits(0));
	ck_assert(!waits(RAW_FILE));
	ck_assert(!waits(UINT64_MAX - 8));
}
END_TEST

static void count_file(const struct python_file *file, void *data)
{
	ck_assert_uint_eq(file->object, BUFFERED_FILE);
	++*(uint32_t *)data;
}

static uint32_t files_found(void)
{
	static struct python_streams streams_seen;
	uint32_t count = 0;

	python_each_file(&walk, THREAD, &streams_seen, count_file, &count);
	return count;
}

/* Entries of 24 bytes behind 8 indices. */
static void put_entry(uint32_t number, uint64_t key, uint64_t value)
{
	put_word(SYSTEM_KEYS + 32 + 8 + 24 * number + 8, key);
	put_word(SYSTEM_KEYS + 32 + 8 + 24 * number + 16, value);
}

static void put_dictionary(uint64_t entries)
{
	put_word(SYSTEM + 8, put_type(6, "dict"));
	put_word(SYSTEM + 32, SYSTEM_KEYS);
	put_byte(SYSTEM_KEYS + 9, 3);
	put_word(SYSTEM_KEYS + 24, entries);
}

START_TEST(finds_the_standard_streams)
{
	ck_assert_uint_eq(files_found(), 0);
	put_dictionary(3);
	put_text(PENDING + 0x80, 1, true, "argv", 4);
	put_text(PIECES, 1, true, "stdout", 6);
	put_entry(0, PENDING + 0x80, TEXT_FILE);
	put_entry(2, PIECES, TEXT_FILE);
	put_word(STATE + 904, SYSTEM);
	ck_assert_uint_eq(files_found(), 1);
	/* The place is remembered, and found anew. */
	put_entry(2, 0, TEXT_FILE);
	ck_assert_uint_eq(files_found(), 0);
	put_entry(1, PIECES, BUFFERED_FILE);
	ck_assert_uint_eq(files_found(), 1);
	put_entry(1, PIECES, CODE);
	ck_assert_uint_eq(files_found(), 0);
}
END_TEST

START_TEST(finds_files_in_variables)
{
	uint64_t function = PENDING;

	put_dictionary(2);
	put_entry(1, 0, TEXT_FILE);
	put_word(function + 8, put_type(7, "function"));
	put_word(function + 16, SYSTEM);
	/* Two functions of one module. */
	put_word(FRAME_AT(1), function);
	put_word(FRAME_AT(2), function);
	ck_assert_uint_eq(files_found(), 1);
	put_word(SYSTEM + 40, VALUES);
	ck_assert_uint_eq(files_found(), 0);
	/* Three local variables of the outermost frame: one has no value, one is no object. */
	put_number(CODE + 76, 3);
	put_word(FRAME_AT(2) + 72, 0);
	put_word(FRAME_AT(2) + 80, TEXT_FILE | 2);
	put_word(FRAME_AT(2) + 88, TEXT_FILE);
	ck_assert_uint_eq(files_found(), 1);
	put_number(CODE + 76, UINT32_MAX);
	ck_assert_uint_eq(files_found(), 0);
	/* More than there can be are not counted up to. */
	put_number(CODE + 76, INT32_MAX);
	reads = 0;
	ck_assert_uint_gt(files_found(), 0);
	ck_assert_uint_lt(reads, 10000);
}
END_TEST

/* Two objects in the first generation, the file the younger of them. */
static void put_generation(void)
{
	uint64_t file = BUFFERED_FILE - 16, other = RAW_FILE - 16;

	put_word(GENERATION_0, other);
	put_word(other, file);
	put_word(file, GENERATION_0);
	put_word(GENERATION_0 + 8, file | 2);
	put_word(file + 8, other | 1);
	put_word(other + 8, GENERATION_0);
}

/* Where 3.13 and 3.14 say that the collector's state and the dictionary of sys are. */
START_TEST(finds_the_collector_where_it_is_told)
{
	static const struct {
		void (*set_up)(void);
		uint32_t collector, system, collecting, generations, permanent;
	} versions[] = {{set_up_313, 10, 12, 72, 24, 104}, {set_up_314, 11, 13, 82, 24, 96}};

	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
		versions[i].set_up();
		put_word(RUNTIME + 8 * versions[i].collector, 0x100);
		put_word(RUNTIME + 8 * versions[i].system, 0x700);
		put_word(RUNTIME + 8 * versions[i].collecting, 200);
		ck_assert_int_eq(python_find_layout(&walk), PYTHON_READ);
		ck_assert_uint_eq(walk.layout.generations, 0x100 + versions[i].generations);
		ck_assert_uint_eq(walk.layout.permanent, 0x100 + versions[i].permanent);
		ck_assert_uint_eq(walk.layout.collecting, 0x100 + 200);
		ck_assert_uint_eq(walk.layout.interpreter_system, 0x700);
		/* It may lie about them without taking the frames away. */
		put_word(RUNTIME + 8 * versions[i].collector, UINT64_MAX);
		ck_assert_int_eq(python_find_layout(&walk), PYTHON_READ);
		ck_assert(!python_check_collector(&walk, STATE));
	}
}
END_TEST

START_TEST(finds_files_that_the_collector_knows)
{
	put_generation();
	ck_assert(python_check_collector(&walk, STATE));
	ck_assert_uint_eq(files_found(), 1);
	put_number(COLLECTING, 1);
	ck_assert(!python_check_collector(&walk, STATE));
	ck_assert_uint_eq(files_found(), 0);
	put_number(COLLECTING, 0);
	/* A list that ends nowhere, and one without an end. */
	put_word(BUFFERED_FILE - 16 + 8, 0);
	ck_assert_uint_eq(files_found(), 1);
	put_word(BUFFERED_FILE - 16 + 8, RAW_FILE - 16);
	put_word(RAW_FILE - 16 + 8, BUFFERED_FILE - 16);
	ck_assert_uint_gt(files_found(), 100);
	ck_assert_uint_le(files_found(), 1000);
}
END_TEST

START_TEST(refuses_lists_that_are_none)
{
	for (uint64_t list = 0; list < 4; list++) {
		uint64_t head = list < 3 ? GENERATION_0 + 24 * list : PERMANENT;

		ck_assert(python_check_collector(&walk, STATE));
		put_word(head, RAW_FILE);
		ck_assert(!python_check_collector(&walk, STATE));
		put_word(head, head);
		put_word(head + 8, 0);
		ck_assert(!python_check_collector(&walk, STATE));
		put_ring(head);
	}
}
END_TEST

/* --- symbols ------------------------------------------------------------------ */

static const struct link_map *find_libc(void)
{
	const struct link_map *map = _r_debug.r_map;

	while (map && !strstr(map->l_name, "/libc.so."))
		map = map->l_next;
	return map;
}

START_TEST(finds_symbols_as_the_loader_does)
{
	static const char *const names[] = {"write", "environ", "stdout", "qsort"};
	const struct link_map *libc = find_libc();
	struct symbol_table table;
	void *handle = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);

	ck_assert_ptr_nonnull(libc);
	ck_assert_ptr_nonnull(handle);
	ck_assert(symbols_open(&table, libc, memory_read));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		ck_assert_uint_eq(symbols_find(&table, names[i]),
				  (uintptr_t)dlsym(handle, names[i]));
	ck_assert_uint_eq(symbols_find(&table, "_PyRuntime"), 0);
	ck_assert_uint_eq(symbols_find(&table, ""), 0);
}
END_TEST

START_TEST(finds_the_next_definition_as_the_loader_does)
{
	static const char *const names[] = {"write", "fork", "localtime_r", "_PyRuntime"};
	struct symbol_scope scope;

	symbols_open_scope(&scope);
	ck_assert_uint_gt(scope.count, 1);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		uintptr_t next = (uintptr_t)dlsym(RTLD_NEXT, names[i]);

		ck_assert_uint_eq(symbols_find_in(&scope, names[i]), next);
		ck_assert_uint_eq(symbols_find_next(names[i], NULL), next);
	}
	ck_assert_uint_ne(symbols_find_next("write", NULL), 0);
}
END_TEST

/* Each has an older version in the same library. */
START_TEST(finds_the_default_version)
{
	static const char *const names[] = {"pthread_cond_wait", "realpath",    "nftw",
					    "regexec",           "posix_spawn", "memcpy"};
	struct symbol_scope scope;

	symbols_open_scope(&scope);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		uintptr_t found = symbols_find_in(&scope, names[i]);

		ck_assert(!found || found == (uintptr_t)dlsym(RTLD_NEXT, names[i]));
	}
	ck_assert_uint_ne(symbols_find_in(&scope, "nftw"), 0);
}
END_TEST

/* glibc chooses between several at run time; dlsym() calls what chooses. */
START_TEST(leaves_what_is_chosen_at_run_time_to_the_loader)
{
	struct symbol_scope scope;

	symbols_open_scope(&scope);
	ck_assert_ptr_nonnull(dlsym(RTLD_NEXT, "stpncpy"));
	ck_assert_uint_eq(symbols_find_in(&scope, "stpncpy"), 0);
}
END_TEST

START_TEST(refuses_an_object_without_a_table)
{
	static const ElfW(Dyn) empty[] = {{.d_tag = DT_NULL}};
	struct link_map map = {.l_ld = NULL};
	struct symbol_table table;

	ck_assert(!symbols_open(&table, &map, memory_read));
	map.l_ld = (void *)(uintptr_t)empty;
	ck_assert(!symbols_open(&table, &map, memory_read));
	map.l_ld = (void *)8;
	ck_assert(!symbols_open(&table, &map, memory_read));
}
END_TEST

Suite *python_suite(void)
{
	Suite *suite = suite_create("python");
	TCase *frames = tcase_create("frames");
	TCase *names = tcase_create("names");
	TCase *files = tcase_create("files");

	tcase_add_checked_fixture(frames, set_up, NULL);
	tcase_add_test(frames, finds_frames_and_their_calls);
	tcase_add_test(frames, knows_a_thread_by_its_own_number_only);
	tcase_add_test(frames, refuses_what_it_does_not_know);
	tcase_add_test(frames, tells_nothing_of_a_damaged_stack);
	tcase_add_test(frames, ends_in_a_ring);
	tcase_add_test(frames, gives_up_on_states_without_an_end);
	tcase_add_test(frames, finds_the_holder_of_the_lock);
	tcase_add_test(frames, reads_the_name_of_a_thread_that_starts);
	tcase_add_test(frames, reads_no_name_where_there_is_none);
	tcase_add_test(frames, counts_what_is_in_a_queue);
	tcase_add_test(frames, counts_a_simple_queue_by_its_lock);
	tcase_add_test(frames, finds_no_queue_where_there_is_none);
	tcase_add_test(frames, follows_the_offsets_that_it_is_told);
	tcase_add_test(frames, reads_the_name_of_a_thread_of_3_14);
	tcase_add_test(frames, refuses_offsets_that_are_not_sane);
	tcase_add_test(frames, finds_the_holder_behind_a_pointer);
	suite_add_tcase(suite, frames);
	tcase_add_checked_fixture(names, set_up, NULL);
	tcase_add_test(names, finds_lines_in_a_table_of_3_9);
	tcase_add_test(names, wraps_around_with_lines_of_any_number);
	tcase_add_test(names, finds_lines_in_a_table_of_3_10);
	tcase_add_test(names, finds_lines_in_a_table_of_3_11);
	tcase_add_test(names, reads_text_of_every_width);
	tcase_add_test(names, cuts_text_at_either_end);
	tcase_add_test(names, refuses_what_is_no_text);
	tcase_add_test(names, finds_symbols_as_the_loader_does);
	tcase_add_test(names, finds_the_next_definition_as_the_loader_does);
	tcase_add_test(names, finds_the_default_version);
	tcase_add_test(names, leaves_what_is_chosen_at_run_time_to_the_loader);
	tcase_add_test(names, refuses_an_object_without_a_table);
	suite_add_tcase(suite, names);
	tcase_add_checked_fixture(files, set_up_files, NULL);
	tcase_add_test(files, reads_what_waits_in_a_buffer);
	tcase_add_test(files, reads_text_before_it_comes_to_the_buffer);
	tcase_add_test(files, samples_the_start_of_long_text);
	tcase_add_test(files, refuses_what_is_no_file);
	tcase_add_test(files, finds_the_standard_streams);
	tcase_add_test(files, finds_files_in_variables);
	tcase_add_test(files, finds_the_collector_where_it_is_told);
	tcase_add_test(files, finds_files_that_the_collector_knows);
	tcase_add_test(files, refuses_lists_that_are_none);
	suite_add_tcase(suite, files);
	return suite;
}
