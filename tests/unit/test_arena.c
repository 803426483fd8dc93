/*
 * Memory that is released all at once.
 */
#include "cli/base/arena.h"
#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

Suite *arena_suite(void);

static struct arena arena;

static void setup(void)
{
	arena_init(&arena);
}

static void teardown(void)
{
	arena_release(&arena);
}

START_TEST(gives_zeroed_and_aligned_memory)
{
	for (size_t size = 0; size < 5000; size = size * 2 + 1) {
		uint8_t *bytes = arena_zalloc(&arena, size);

		ck_assert_uint_eq((uintptr_t)bytes % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			ck_assert_uint_eq(bytes[i], 0);
		memset(bytes, 0xff, size);
	}
}
END_TEST

START_TEST(keeps_what_was_given)
{
	char *texts[1000];

	for (int i = 0; i < 1000; i++)
		texts[i] = arena_printf(&arena, "%d", i);
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(atoi(texts[i]), i);
}
END_TEST

START_TEST(copies_text)
{
	const char bytes[3] = {'a', 'b', 'c'};
	char large[10000];

	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	ck_assert_str_eq(arena_strdup(&arena, ""), "");
	ck_assert_str_eq(arena_strdup(&arena, large), large);
	ck_assert_str_eq(arena_strndup(&arena, bytes, 3), "abc");
	ck_assert_str_eq(arena_strndup(&arena, NULL, 0), "");
	ck_assert_str_eq(arena_printf(&arena, "%s%d", large, 7) + sizeof(large) - 1, "7");
}
END_TEST

START_TEST(ends_the_program_on_overflow)
{
	arena_array(&arena, SIZE_MAX / 2, 4);
}
END_TEST

START_TEST(ends_the_program_without_memory)
{
	if (_i == 0)
		arena_zalloc(&arena, SIZE_MAX);
	else
		arena_strndup(&arena, "", SIZE_MAX);
}
END_TEST

Suite *arena_suite(void)
{
	Suite *suite = suite_create("arena");
	TCase *core = tcase_create("core");

	tcase_add_checked_fixture(core, setup, teardown);
	tcase_add_test(core, gives_zeroed_and_aligned_memory);
	tcase_add_test(core, keeps_what_was_given);
	tcase_add_test(core, copies_text);
	tcase_add_exit_test(core, ends_the_program_on_overflow, 125);
	tcase_add_loop_exit_test(core, ends_the_program_without_memory, 125, 0, 2);
	suite_add_tcase(suite, core);
	return suite;
}
