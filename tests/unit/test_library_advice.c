/*
 * What libraries say of forks: who gets which row, and that it adds words alone.
 */
#include "cli/findings/cures/library_advice.h"
#include "cli/findings/evidence/remedy.h"
#include "cli/origins/origin.h"
#include <check.h>
#include <string.h>

Suite *library_advice_suite(void);

static struct origin package = {.kind = ORIGIN_PACKAGE, .package = "gevent"};
static struct missing_group group = {.library = "libpython3.12.so.1.0", .origin = &package};
static struct frame work = {.function = "work"};
static struct python_frames python = {.list = &work, .count = 1};
static struct finding finding;

static void setup(void)
{
	package = (struct origin){.kind = ORIGIN_PACKAGE, .package = "gevent"};
	group = (struct missing_group){.library = "libpython3.12.so.1.0", .origin = &package};
	finding = (struct finding){.missing = &group, .missing_count = 1};
	finding.fork.stack.python = &python;
}

static void expect_package(const char *expected)
{
	const struct library_advice *advice = library_advice_find(&finding);

	ck_assert_ptr_nonnull(advice);
	ck_assert_str_eq(advice->package ? advice->package : advice->library, expected);
}

START_TEST(whose_threads_are_missing_says_it)
{
	expect_package("gevent");
}
END_TEST

START_TEST(names_are_compared_as_package_managers_do)
{
	package.package = "LaunchDarkly_Server.SDK";
	expect_package("launchdarkly-server-sdk");
	package.package = "polars-runtime-32";
	expect_package("polars*");
	package.package = "geventhttpclient";
	ck_assert_ptr_null(library_advice_find(&finding));
	package.package = "gev";
	ck_assert_ptr_null(library_advice_find(&finding));
}
END_TEST

START_TEST(what_is_no_package_has_none)
{
	package.kind = ORIGIN_OWN;
	ck_assert_ptr_null(library_advice_find(&finding));
	package = (struct origin){.kind = ORIGIN_PACKAGE};
	ck_assert_ptr_null(library_advice_find(&finding));
	group.origin = NULL;
	ck_assert_ptr_null(library_advice_find(&finding));
	finding.missing_count = 0;
	ck_assert_ptr_null(library_advice_find(&finding));
}
END_TEST

START_TEST(else_it_is_whose_code_the_child_is_in)
{
	struct origin other = {.kind = ORIGIN_PACKAGE, .package = "lightgbm"};
	struct frame frames[] = {{.function = "GOMP_parallel", .origin = &package},
				 {.function = "LGBM_BoosterUpdate", .origin = &other}};

	package.package = "libgomp1";
	group.library = "libgomp.so.1.0.0";
	expect_package("libgomp");
	finding.child.stack = (struct frames){.list = frames, .count = 2};
	expect_package("lightgbm");
}
END_TEST

START_TEST(packages_are_those_of_python)
{
	package.package = "polars";
	finding.fork.stack.python = NULL;
	ck_assert_ptr_null(library_advice_find(&finding));
	group.library = "libgomp.so.1";
	expect_package("libgomp");
}
END_TEST

START_TEST(else_the_name_of_its_file)
{
	finding = (struct finding){
		.holder = {.present = true, .library = "librdkafka-1f2e3d4c.so.1"}};
	expect_package("confluent-kafka");
	finding.holder.library = "librdkafkaesque.so.1";
	ck_assert_ptr_null(library_advice_find(&finding));
}
END_TEST

START_TEST(each_row_is_whole)
{
	for (const struct library_advice *row = library_advice_table; row->cure; row++) {
		ck_assert(row->package || row->library);
		ck_assert(strncmp(row->source, "https://", 8) == 0);
		ck_assert_ptr_null(strchr(row->source, ' '));
		/* It goes on in brackets, and ends with a full stop. */
		ck_assert(row->cure[strlen(row->cure) - 1] != '.');
	}
}
END_TEST

START_TEST(it_comes_last_in_the_paragraph)
{
	struct remedy_part remedy = {.cure = "spawn",
				     .remark = "Or wait.",
				     .library_cure = "call postfork()",
				     .library_source = "https://example.org/"};
	struct arena arena;

	arena_init(&arena);
	ck_assert_str_eq(remedy_paragraph(&arena, &remedy),
			 "spawn. Or wait. Of this library: call postfork() "
			 "(https://example.org/).");
	remedy.library_cure = NULL;
	ck_assert_str_eq(remedy_paragraph(&arena, &remedy), "spawn. Or wait.");
	arena_release(&arena);
}
END_TEST

Suite *library_advice_suite(void)
{
	Suite *suite = suite_create("library_advice");
	TCase *tests = tcase_create("library_advice");

	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_test(tests, whose_threads_are_missing_says_it);
	tcase_add_test(tests, names_are_compared_as_package_managers_do);
	tcase_add_test(tests, what_is_no_package_has_none);
	tcase_add_test(tests, else_it_is_whose_code_the_child_is_in);
	tcase_add_test(tests, packages_are_those_of_python);
	tcase_add_test(tests, else_the_name_of_its_file);
	tcase_add_test(tests, each_row_is_whole);
	tcase_add_test(tests, it_comes_last_in_the_paragraph);
	suite_add_tcase(suite, tests);
	return suite;
}
