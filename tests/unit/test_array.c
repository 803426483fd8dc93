/*
 * Arrays that grow at their end.
 */
#include "cli/base/array.h"
#include <check.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

Suite *array_suite(void);

START_TEST(keeps_what_is_in_it)
{
	size_t count = 0, capacity = 0;
	uint32_t *list = NULL;

	while (count < 1000) {
		ck_assert(ARRAY_MAKE_ROOM(list, count, capacity));
		ck_assert_uint_lt(count, capacity);
		list[count] = (uint32_t)count;
		count++;
	}
	for (size_t i = 0; i < count; i++)
		ck_assert_uint_eq(list[i], i);
	free(list);
}
END_TEST

START_TEST(stays_where_it_is_while_there_is_room)
{
	size_t capacity = 0;
	char *list = array_grow(NULL, 0, &capacity, 1);
	size_t first = capacity;

	ck_assert_uint_gt(first, 1);
	ck_assert_ptr_eq(array_grow(list, first - 1, &capacity, 1), list);
	ck_assert_uint_eq(capacity, first);
	free(list);
}
END_TEST

#ifndef __SANITIZE_ADDRESS__ /* which ends the program where memory runs out */
START_TEST(is_as_it_was_without_memory)
{
	size_t capacity = 0;
	char *list = array_grow(NULL, 0, &capacity, 1);
	size_t first = capacity;

	ck_assert_ptr_null(array_grow(list, first, &capacity, _i ? SIZE_MAX : SIZE_MAX / 64));
	ck_assert_uint_eq(capacity, first);
	list[first - 1] = 1;
	free(list);
}
END_TEST
#endif

Suite *array_suite(void)
{
	Suite *suite = suite_create("array");
	TCase *core = tcase_create("core");

	tcase_add_test(core, keeps_what_is_in_it);
	tcase_add_test(core, stays_where_it_is_while_there_is_room);
#ifndef __SANITIZE_ADDRESS__
	tcase_add_loop_test(core, is_as_it_was_without_memory, 0, 2);
#endif
	suite_add_tcase(suite, core);
	return suite;
}
