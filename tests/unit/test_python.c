/*
 * Frames of an interpreter that is not there: a memory of a few pages in which
 * a test lays out one thread of CPython 3.11 (a layout with fixed offsets) or
 * of 3.13 (one that says its own), and then spoils it.
 */
#include "shim_parts.h"

#include "../../shim/python.c"
#include "../../shim/symbols.c"
#include <check.h>
#include <dlfcn.h>
#include <stdio.h>

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

static bool read_fake(const struct python_memory *memory, void *to, uint64_t address, size_t length)
{
	(void)memory;
	if (address < BASE || address - BASE > sizeof(bytes) ||
	    length > sizeof(bytes) - (address - BASE))
		return false;
	memcpy(to, bytes + (address - BASE), length);
	return true;
}

static const struct python_memory fake_memory = {read_fake};

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

	tcase_add_checked_fixture(frames, set_up, NULL);
	tcase_add_test(frames, finds_frames_and_their_calls);
	tcase_add_test(frames, knows_a_thread_by_its_own_number_only);
	tcase_add_test(frames, refuses_what_it_does_not_know);
	tcase_add_test(frames, tells_nothing_of_a_damaged_stack);
	tcase_add_test(frames, ends_in_a_ring);
	tcase_add_test(frames, finds_the_holder_of_the_lock);
	tcase_add_test(frames, reads_the_name_of_a_thread_that_starts);
	tcase_add_test(frames, reads_no_name_where_there_is_none);
	tcase_add_test(frames, follows_the_offsets_that_it_is_told);
	tcase_add_test(frames, reads_the_name_of_a_thread_of_3_14);
	tcase_add_test(frames, refuses_offsets_that_are_not_sane);
	tcase_add_test(frames, finds_the_holder_behind_a_pointer);
	suite_add_tcase(suite, frames);
	tcase_add_checked_fixture(names, set_up, NULL);
	tcase_add_test(names, finds_lines_in_a_table_of_3_9);
	tcase_add_test(names, finds_lines_in_a_table_of_3_10);
	tcase_add_test(names, finds_lines_in_a_table_of_3_11);
	tcase_add_test(names, reads_text_of_every_width);
	tcase_add_test(names, cuts_text_at_either_end);
	tcase_add_test(names, refuses_what_is_no_text);
	tcase_add_test(names, finds_symbols_as_the_loader_does);
	tcase_add_test(names, refuses_an_object_without_a_table);
	suite_add_tcase(suite, names);
	return suite;
}
