/* Questions about a program before it is run. */
#include "../../shim/common/target.h"
#include "suites.h"
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

START_TEST(reads_what_is_there)
{
	ck_assert(target_can_read("/proc/self/exe"));
	ck_assert(!target_can_read("/nowhere/forkcheck"));
}
END_TEST

/* A program that has used all of its descriptors up still starts others, observed. */
START_TEST(does_not_take_want_of_descriptors_for_a_missing_file)
{
	struct rlimit none = {0, 0}, before;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	none.rlim_max = before.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	ck_assert_int_lt(open("/proc/self/exe", O_RDONLY), 0);
	/* The calls of the shim leave it alone. */
	errno = 0;
	ck_assert(target_can_read("/proc/self/exe"));
	setrlimit(RLIMIT_NOFILE, &before);
}
END_TEST

Suite *target_suite(void)
{
	Suite *suite = suite_create("target");
	TCase *files = tcase_create("files");

	tcase_add_test(files, reads_what_is_there);
	tcase_add_test(files, does_not_take_want_of_descriptors_for_a_missing_file);
	suite_add_tcase(suite, files);
	return suite;
}
