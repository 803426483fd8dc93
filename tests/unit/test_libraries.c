/*
 * The fork-safety table: what is counted for whom. The modules are names only:
 * an address belongs to the one that it follows.
 */
#include "cli/findings/evidence/attribution.h"
#include "cli/findings/libraries.h"
#include "cli/origins/origin.h"
#include "scratch.h"
#include <check.h>
#include <string.h>

Suite *libraries_suite(void);

#define PROGRAM 0x100000
#define POOL    0x200000
#define LOG     0x300000
#define WHEEL   0x40000000

static struct scratch scratch;
static struct arena arena;
static struct report report;

/* Process 1 runs a program with two libraries and forks; process 2 does not fork. */
static void setup(void)
{
	scratch_open(&scratch, 8);
	arena_init(&arena);
	report = (struct report){0};
	scratch_add_image(&scratch, 1, "/no/server");
	scratch_add_module(&scratch, 1, "", PROGRAM);
	scratch_add_module(&scratch, 1, "/no/libpool.so", POOL);
	scratch_add_module(&scratch, 1, "/no/liblog.so", LOG);
	scratch_add_image(&scratch, 2, "/no/other");
	scratch_add_module(&scratch, 2, "/no/libother.so", POOL);
	scratch_add_fork(&scratch, 1);
}

static void teardown(void)
{
	arena_release(&arena);
	scratch_close(&scratch);
}

static void add_use(uint32_t image, enum use_kind kind, uint64_t address, uint64_t lock)
{
	const struct record_use use = {
		.image = image, .kind = kind, .address = address, .lock = lock};

	scratch_add(&scratch, image, RECORD_USE, &use, sizeof(use), NULL, 0);
}

static void add_atfork(uint32_t image, uint64_t site)
{
	const struct record_atfork atfork = {.image = image, .site = site};

	scratch_add(&scratch, image, RECORD_ATFORK, &atfork, sizeof(atfork), NULL, 0);
}

static void fill(void)
{
	model_update(&scratch.model);
	libraries_fill(&scratch.model, &arena, &report);
}

static const struct library *row(const char *path)
{
	for (size_t i = 0; i < report.library_count; i++)
		if (strcmp(report.libraries[i].path, path) == 0)
			return &report.libraries[i];
	return NULL;
}

START_TEST(a_library_that_did_something_has_its_package)
{
	scratch_add_module(&scratch, 1, "/no/site-packages/pool/_pool.abi3.so", WHEEL);
	scratch_add_module(&scratch, 1, "/no/site-packages/idle/_idle.abi3.so", WHEEL + 0x100000);
	add_atfork(1, WHEEL + 0x10);
	fill();
	ck_assert_str_eq(row("/no/site-packages/pool/_pool.abi3.so")->origin->package, "pool");
	ck_assert_ptr_null(row("/no/site-packages/idle/_idle.abi3.so")->origin);
}
END_TEST

START_TEST(each_module_of_a_process_that_forked_has_a_row)
{
	fill();
	ck_assert_uint_eq(report.library_count, 3);
	ck_assert_ptr_nonnull(row("/no/server"));
	ck_assert_ptr_nonnull(row("/no/libpool.so"));
	ck_assert_ptr_nonnull(row("/no/liblog.so"));
}
END_TEST

START_TEST(uses_are_counted_by_address)
{
	add_use(1, USE_THREAD, POOL + 8, 0);
	add_use(1, USE_THREAD, POOL + 16, 0);
	add_use(1, USE_THREAD, 0x10, 0); /* in no module */
	add_use(2, USE_THREAD, POOL + 8, 0);
	add_use(1, USE_LOCK, LOG + 8, 0x7000);
	add_use(1, USE_LOCK, LOG + 16, 0x7000); /* the same lock, another line */
	add_use(1, USE_LOCK, LOG + 16, 0x7040);
	add_use(1, USE_LOCK, POOL + 16, 0x7000); /* the same lock, another library */
	add_use(2, USE_LOCK, POOL + 16, 0x7000);
	add_use(1, 99, POOL + 16, 0x7000);
	add_atfork(1, LOG + 24);
	add_atfork(1, LOG + 32);
	add_atfork(2, POOL);
	fill();
	ck_assert_uint_eq(row("/no/libpool.so")->threads_created, 2);
	ck_assert_uint_eq(row("/no/libpool.so")->locks_used, 1);
	ck_assert_uint_eq(row("/no/libpool.so")->atfork_handlers, 0);
	ck_assert_uint_eq(row("/no/liblog.so")->threads_created, 0);
	ck_assert_uint_eq(row("/no/liblog.so")->locks_used, 2);
	ck_assert_uint_eq(row("/no/liblog.so")->atfork_handlers, 2);
	ck_assert_ptr_null(row("/no/libother.so"));
}
END_TEST

START_TEST(findings_are_the_culprits)
{
	struct missing_group groups[] = {{.library = "libpool.so", .count = 1},
					 {.library = "liblog.so", .count = 9}};
	struct finding findings[] = {
		{.severity = SEVERITY_ERROR, .holder = {.present = true, .library = "liblog.so"}},
		{.severity = SEVERITY_ERROR, .missing = groups, .missing_count = 2},
		{.severity = SEVERITY_WARNING, .holder = {.present = true, .library = "liblog.so"}},
		{.severity = SEVERITY_WARNING,
		 .handler = {.present = true, .library = "libnew.so"}},
		{.severity = SEVERITY_NOTE, .missing = groups, .missing_count = 2},
		{.severity = SEVERITY_ERROR, .holder = {.present = true}},
		{.severity = SEVERITY_ERROR,
		 .suppressed = true,
		 .holder = {.present = true, .library = "liblog.so"}},
	};

	report.findings = findings;
	report.finding_count = sizeof(findings) / sizeof(findings[0]);
	fill();
	ck_assert_uint_eq(row("/no/liblog.so")->errors, 1);
	ck_assert_uint_eq(row("/no/liblog.so")->warnings, 1);
	ck_assert_uint_eq(row("/no/libpool.so")->errors, 1);
	ck_assert_uint_eq(row("/no/libpool.so")->warnings, 0);
	ck_assert_uint_eq(row("/no/server")->errors, 0);
	/* It is in a stack, and no module of that name was noted. */
	ck_assert_uint_eq(row("libnew.so")->warnings, 1);
}
END_TEST

START_TEST(the_worst_comes_first)
{
	struct library libraries[] = {
		{.path = "d"},
		{.path = "c"},
		{.path = "b", .threads_created = 8},
		{.path = "a", .threads_created = 2, .errors = 1},
	};

	libraries_sort(libraries, 4);
	ck_assert_str_eq(libraries[0].path, "a");
	ck_assert_str_eq(libraries[1].path, "b");
	ck_assert_str_eq(libraries[2].path, "c");
	ck_assert_str_eq(libraries[3].path, "d");
}
END_TEST

START_TEST(starters_are_told_from_libraries)
{
	ck_assert(is_thread_starter("/usr/lib/x86_64-linux-gnu/libstdc++.so.6"));
	ck_assert(is_thread_starter("/lib64/libc.so.6"));
	ck_assert(is_thread_starter("libpthread-2.31.so"));
	ck_assert(is_thread_starter("/usr/lib/libglib-2.0.so.0.7400.6"));
	ck_assert(is_thread_starter("/usr/lib/x86_64-linux-gnu/libasan.so.8.0.0"));
	ck_assert(is_thread_starter("libclang_rt.asan-x86_64.so"));
	ck_assert(is_thread_starter("libboost_thread.so.1.74.0"));
	ck_assert(!is_thread_starter("/usr/lib/libgomp.so.1"));
	ck_assert(!is_thread_starter("/usr/lib/libcurl.so.4"));
	ck_assert(!is_thread_starter("/usr/lib/libc.so.6/server"));
}
END_TEST

START_TEST(a_thread_belongs_to_who_created_it)
{
	struct judgement judgement = {.model = &scratch.model, .arena = &arena};
	struct record_thread thread = {.born_in = 1, .start_routine = LOG + 64};

	model_update(&scratch.model);
	ck_assert_str_eq(attribute_thread(&judgement, 1, &thread), "liblog.so");
	thread.start_routine = 0x10;
	ck_assert_ptr_null(attribute_thread(&judgement, 1, &thread));
	thread.created_at = 12345; /* there is no such stack */
	ck_assert_ptr_null(attribute_thread(&judgement, 1, &thread));
	thread.flags = THREAD_MAIN;
	ck_assert_str_eq(attribute_thread(&judgement, 1, &thread), "server");
	ck_assert_ptr_null(attribute_thread(&judgement, 77, &thread));
}
END_TEST

Suite *libraries_suite(void)
{
	Suite *suite = suite_create("libraries");
	TCase *tests = tcase_create("libraries");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, a_library_that_did_something_has_its_package);
	tcase_add_test(tests, each_module_of_a_process_that_forked_has_a_row);
	tcase_add_test(tests, uses_are_counted_by_address);
	tcase_add_test(tests, findings_are_the_culprits);
	tcase_add_test(tests, the_worst_comes_first);
	tcase_add_test(tests, starters_are_told_from_libraries);
	tcase_add_test(tests, a_thread_belongs_to_who_created_it);
	suite_add_tcase(suite, tests);
	return suite;
}
