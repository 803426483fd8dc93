/*
 * The names that files of libraries go by, in distributions, wheels and Rust's builds.
 */
#include "cli/base/library_names.h"
#include <check.h>
#include <string.h>

Suite *library_names_suite(void);

static struct arena arena;

static void setup(void)
{
	arena_init(&arena);
}

static void teardown(void)
{
	arena_release(&arena);
}

static const struct name {
	const char *path, *canonical, *family;
} names[] = {
	/* of a distribution */
	{"/usr/lib/libgomp.so.1", "libgomp.so.1", "libgomp"},
	{"/usr/lib/libgomp.so.1.0.0 (deleted)", "libgomp.so.1.0.0 (deleted)", "libgomp"},
	{"/usr/lib/libpython3.11.so.1.0", "libpython3.11.so.1.0", "libpython3*"},
	{"/usr/bin/python3.11", "python3.11", "python3*"},
	{"node", "node", "node"},
	{"/usr/lib/libstdc++.so.6.0.30", "libstdc++.so.6.0.30", "libstdc++"},
	{"/lib/ld-linux-x86-64.so.2", "ld-linux-x86-64.so.2", "ld-linux*"},
	{"/lib/libQt5Core.so.5.15.2", "libQt5Core.so.5.15.2", "libQt?Core"},
	/* of wheels */
	{"faiss_cpu.libs/libgomp-e985bcbb.so.1.0.0", "libgomp.so.1.0.0", "libgomp"},
	{"libopenblasp-r0-2d23e62b.3.21.so", "libopenblasp-r0.3.21.so", "libopenblas*"},
	{"libgfortran-040039e1.so.5.0.0", "libgfortran.so.5.0.0", "libgfortran"},
	{"libscipy_openblas64_-99b71e71.so", "libscipy_openblas64_.so", "*openblas*"},
	{"libstdc++-0abc1234.so.6", "libstdc++.so.6", "libstdc++"},
	{"libglib-2-c5aa01a3.0.so.0.7200.4", "libglib-2.0.so.0.7200.4", "libglib-2.0"},
	{"libz-1234567.so", "libz.so", "libz"},
	{"/v/polars/polars.abi3.so", "polars.abi3.so", "*polars*"},
	{"/v/_x.cpython-312-x86_64-linux-gnu.so", "_x.cpython-312-x86_64-linux-gnu.so", "_x.*"},
	/* of Cargo */
	{"libstd-f469a9253adf2945.so", "libstd.so", "libstd"},
	{"/t/debug/deps/tests-0a5e1c3f9b8d7e62", "tests", "tests"},
};

START_TEST(takes_hashes_out_of_names)
{
	const struct name *name = &names[_i];

	ck_assert_str_eq(library_canonical(&arena, name->path), name->canonical);
	ck_assert(library_is(name->path, name->family));
	ck_assert(!library_is(name->path, "libforkcheck"));
}
END_TEST

static const char *const kept[] = {
	"libfeedbed-deadbeef.so",  /* a word */
	"liblua-123456.so",        /* too short */
	"libfoo-1234567x.so",      /* not to the end */
	"libfoo.so-1234567.1",     /* behind the extension */
	"-1234567.so",             /* nothing but a hash */
	"server-12345678",         /* of a program: a date, a version */
	"job-20240101-1234567.py", /* no library */
	"libfoo-ABCDEF12.so",
	"",
};

START_TEST(keeps_other_names)
{
	ck_assert_str_eq(library_canonical(&arena, kept[_i]), kept[_i]);
}
END_TEST

START_TEST(knows_a_library_by_its_family)
{
	static const char *const libraries[][2] = {
		{"/v/libgomp-e985bcbb.so.1.0.0", "libgomp"},
		{"/usr/lib/libgomp.so.1", "libgomp"},
		{"/v/_x.cpython-312-x86_64-linux-gnu.so", "_x"},
		{"/v/.hidden.so", ".hidden"},
		{"", ""},
	};

	for (size_t i = 0; i < sizeof(libraries) / sizeof(*libraries); i++)
		ck_assert_str_eq(library_family(&arena, libraries[i][0]), libraries[i][1]);
	ck_assert_ptr_null(library_family(&arena, NULL));
	ck_assert(library_is_same("/a/prog-0a5e1c3f9b8d7e62", "/b/prog-1a2b3c4d5e6f7a8b"));
	ck_assert(!library_is_same("/a/prog", "/a/prog2"));
	ck_assert(!library_is_same(NULL, NULL));
	ck_assert(library_is_shared_object("/a/libx.so.1 (deleted)"));
	ck_assert(!library_is_shared_object("/lib.so/server"));
	ck_assert(!library_is_shared_object(NULL));
}
END_TEST

START_TEST(bounds_names)
{
	char text[10000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ck_assert_str_eq(library_canonical(&arena, text), text);
	ck_assert(!library_is(text, "*"));
	ck_assert(!library_matches(text, "y*"));
	ck_assert_ptr_null(library_canonical(&arena, NULL));
	ck_assert(!library_is(NULL, "*"));
	ck_assert(!library_matches(NULL, "*"));
	ck_assert_ptr_null(library_file_name(NULL));
}
END_TEST

START_TEST(does_not_confuse_families)
{
	ck_assert(!library_is("libgomp-plugin-nvptx.so.1", "libgomp"));
	ck_assert(!library_is("libgompx.so", "libgomp"));
	ck_assert(!library_is("libcurl-0a1b2c3d.so.4", "libc"));
	ck_assert(!library_is("libfoo.solver.so", "libfoo"));
	ck_assert(!library_is("/usr/lib/libgomp.so.1/other", "libgomp"));
}
END_TEST

START_TEST(knows_libc_by_its_names)
{
	ck_assert(library_is_libc("/lib/x86_64-linux-gnu/libc.so.6"));
	ck_assert(library_is_libc("/lib/x86_64-linux-gnu/libc-2.31.so"));
	ck_assert(library_is_libc("/lib/x86_64-linux-gnu/libpthread-2.31.so"));
	ck_assert(!library_is_libc("/lib/libc-client.so.2007e"));
	ck_assert(!library_is_libc("/lib/libcap.so.2"));
	ck_assert(!library_is_libc("/lib64/ld-linux-x86-64.so.2"));
	ck_assert(library_is_of_libc("/lib64/ld-linux-x86-64.so.2"));
	ck_assert(library_is_of_libc("/lib/x86_64-linux-gnu/libresolv.so.2"));
	ck_assert(!library_is_of_libc("/usr/lib/libm.so.6"));
}
END_TEST

/* What forkcheck prints for one version of a wheel is for the next one, too. */
START_TEST(writes_globs_for_any_hash)
{
	size_t length;
	const char *rest;

	ck_assert(library_any_hash("/v/libgomp-e985bcbb.so.1.0.0", &length, &rest));
	ck_assert_uint_eq(length, strlen("libgomp"));
	ck_assert(library_matches("/v/libgomp-1a2b3c4d.so.1", "libgomp-*.so*"));
	ck_assert_str_eq(rest, "-*.so*");
	ck_assert(library_any_hash("tests-0a5e1c3f9b8d7e62", &length, &rest));
	ck_assert_uint_eq(length + strlen(rest), strlen("tests-0a5e1c3f9b8d7e62"));
	ck_assert(!library_any_hash("libgomp.so.1", &length, &rest));
}
END_TEST

START_TEST(matches_with_and_without_hash)
{
	ck_assert(library_matches("/v/libgomp-e985bcbb.so.1.0.0", "libgomp-e985bcbb.so.1.0.0"));
	ck_assert(library_matches("/v/libgomp-e985bcbb.so.1.0.0", "libgomp.so.*"));
	ck_assert(!library_matches("/v/libgomp-e985bcbb.so.1.0.0", "libgomp.so"));
}
END_TEST

Suite *library_names_suite(void)
{
	Suite *suite = suite_create("library_names");
	TCase *tcase = tcase_create("library_names");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, takes_hashes_out_of_names, 0,
			    (int)(sizeof(names) / sizeof(*names)));
	tcase_add_loop_test(tcase, keeps_other_names, 0, (int)(sizeof(kept) / sizeof(*kept)));
	tcase_add_test(tcase, knows_a_library_by_its_family);
	tcase_add_test(tcase, bounds_names);
	tcase_add_test(tcase, does_not_confuse_families);
	tcase_add_test(tcase, knows_libc_by_its_names);
	tcase_add_test(tcase, writes_globs_for_any_hash);
	tcase_add_test(tcase, matches_with_and_without_hash);
	suite_add_tcase(suite, tcase);
	return suite;
}
