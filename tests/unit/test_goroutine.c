/* Where Go's runtime keeps its goroutine, from its code and memory as they could be. */
#include "../../shim/common/goroutine.h"
#include "support.h"
#include <check.h>
#include <string.h>

Suite *goroutine_suite(void);

#define BASE  0x10000u
#define BYTES 0x4000u

/* Offsets: code, the thread, three structs of the runtime, the goroutine's stack. */
enum {
	CODE = 0,
	WORD = 0x80,
	THREAD = 0x100,
	SCHEDULER = 0x200,
	MACHINE = 0x400,
	GOROUTINE = 0x600,
	LOW = 0x1000,
	SP = 0x1f00,
	HIGH = 0x2000
};

static uint8_t memory[BYTES];

static size_t read_fake(const struct goroutine_reader *reader, uint64_t address, void *to,
			size_t length)
{
	(void)reader;
	if (address < BASE || address - BASE >= BYTES)
		return 0;
	if (length > BYTES - (address - BASE))
		length = BYTES - (address - BASE);
	memcpy(to, memory + (address - BASE), length);
	return length;
}

static const struct goroutine_reader reader = {read_fake};

static void put(uint32_t offset, uint64_t value)
{
	memcpy(memory + offset, &value, sizeof(value));
}

static void put_code(const uint8_t *code, size_t length)
{
	memcpy(memory + CODE, code, length);
}

/* mov 0x30(%rax),%rax; mov 0xb8(%rax),%rax; mov 8(%rax),%rax; ret */
#define LOADS 0x48, 0x8b, 0x40, 0x30, 0x48, 0x8b, 0x80, 0xb8, 0, 0, 0, 0x48, 0x8b, 0x40, 0x08, 0xc3

static const uint8_t in_program[] = {0x64, 0x48, 0x8b, 0x04, 0x25, 0xf8, 0xff, 0xff, 0xff, LOADS};
static const uint8_t in_library[] = {0x48, 0x8b, 0x0d, WORD - 7, 0,    0,
				     0,    0x64, 0x48, 0x8b,     0x01, LOADS};
static const uint8_t with_constant[] = {0x48, 0xc7, 0xc1, 0xf8, 0xff, 0xff,
					0xff, 0x64, 0x48, 0x8b, 0x01, LOADS};

static void setup(void)
{
	memset(memory, 0, sizeof(memory));
	put_code(in_program, sizeof(in_program));
	put(WORD, (uint64_t)-8);
	put(THREAD - 8, BASE + SCHEDULER);
	put(SCHEDULER + 0x30, BASE + MACHINE);
	put(MACHINE + 0xb8, BASE + GOROUTINE);
	put(GOROUTINE, BASE + LOW);
	put(GOROUTINE + 8, BASE + HIGH);
	put(GOROUTINE + 56, BASE + SP);
}

static bool find(struct other_stack *other)
{
	struct go_runtime runtime;

	return goroutine_learn(&runtime, &reader, BASE + CODE) &&
	       goroutine_find(&runtime, &reader, BASE + THREAD, other);
}

START_TEST(finds_the_goroutine_that_called_c)
{
	struct other_stack other;

	if (_i == 1)
		put_code(in_library, sizeof(in_library));
	if (_i == 2)
		put_code(with_constant, sizeof(with_constant));
	ck_assert(find(&other));
	ck_assert_uint_eq(other.address, BASE + SP);
	ck_assert_uint_eq(other.length, HIGH - SP);
}
END_TEST

START_TEST(copies_no_more_than_there_is_room_for)
{
	struct other_stack other;

	put(GOROUTINE + 8, BASE + BYTES);
	ck_assert(find(&other));
	ck_assert_uint_eq(other.length, GOROUTINE_BYTES);
}
END_TEST

/* A thread that Go has not made, or that runs no goroutine; ends that are none. */
START_TEST(finds_none_where_there_is_none)
{
	static const struct {
		uint32_t offset;
		uint64_t value;
	} changes[] = {
		{THREAD - 8, 0},
		{THREAD - 8, 1},
		{SCHEDULER + 0x30, 0},
		{MACHINE + 0xb8, 0},
		{MACHINE + 0xb8, BASE + SCHEDULER},
		{MACHINE + 0xb8, UINT64_MAX},
		{GOROUTINE, UINT64_MAX},
		{GOROUTINE + 8, BASE + SP},
		{GOROUTINE + 56, BASE + SP + 1},
		{GOROUTINE + 56, BASE + LOW - 8},
		{GOROUTINE + 8, BASE + HIGH + 4},
		{GOROUTINE + 56, 0},
	};
	struct other_stack other;

	put(changes[_i].offset, changes[_i].value);
	ck_assert(!find(&other));
}
END_TEST

START_TEST(learns_nothing_from_other_code)
{
	struct go_runtime runtime;

	for (size_t i = 0; i < sizeof(in_program); i++) {
		/* Distances may be any. */
		if ((i >= 5 && i < 9) || i == 12 || (i >= 16 && i < 20))
			continue;
		setup();
		memory[CODE + i] ^= 0x10;
		ck_assert_msg(!goroutine_learn(&runtime, &reader, BASE + CODE), "byte %zu", i);
	}
	ck_assert(!goroutine_learn(&runtime, &reader, BASE + BYTES - 8));
	ck_assert(!goroutine_learn(&runtime, &reader, 1));
}
END_TEST

Suite *goroutine_suite(void)
{
	Suite *suite = suite_create("goroutine");
	TCase *all = tcase_create("goroutine");

	tcase_add_checked_fixture(all, setup, NULL);
	tcase_add_loop_test(all, finds_the_goroutine_that_called_c, 0, 3);
	tcase_add_test(all, copies_no_more_than_there_is_room_for);
	tcase_add_loop_test(all, finds_none_where_there_is_none, 0, 12);
	tcase_add_test(all, learns_nothing_from_other_code);
	suite_add_tcase(suite, all);
	return suite;
}
