/*
 * The table of --summary=libraries: what is counted for which package, and how it is shown. The
 * modules are names only: an address belongs to the one that it follows.
 */
#include "cli/findings/fork_safety.h"
#include "cli/findings/libraries.h"
#include "cli/findings/merge.h"
#include "cli/origins/origin.h"
#include "cli/report/formats.h"
#include "scratch.h"
#include <check.h>
#include <jansson.h>
#include <string.h>

Suite *fork_safety_suite(void);

#define PROGRAM  0x100000
#define POOL     0x200000
#define WHEEL    0x40000000
#define WHEEL_SO "/no/site-packages/pool/_pool.abi3.so"

static struct scratch scratch;
static struct arena arena;
static struct report report;

static void setup(void)
{
	scratch_open(&scratch, 8);
	arena_init(&arena);
	report = (struct report){.observed = true, .complete = true, .wants_safety = true};
	scratch_add_image(&scratch, 1, "/no/server");
	scratch_add_module(&scratch, 1, "", PROGRAM);
	scratch_add_module(&scratch, 1, "/no/libpool.so", POOL);
	scratch_add_module(&scratch, 1, WHEEL_SO, WHEEL);
	scratch_add_module(&scratch, 1, "/no/site-packages/pool/_more.abi3.so", WHEEL + 0x100000);
}

static void teardown(void)
{
	arena_release(&arena);
	scratch_close(&scratch);
}

static void add_use(enum use_kind kind, uint64_t address, uint64_t lock)
{
	const struct record_use use = {.image = 1, .kind = kind, .address = address, .lock = lock};

	scratch_add(&scratch, 1, RECORD_USE, &use, sizeof(use), NULL, 0);
}

static void add_handlers(uint64_t site, uint64_t prepare, uint64_t parent, uint64_t child)
{
	const struct record_atfork atfork = {
		.image = 1, .site = site, .prepare = prepare, .parent = parent, .child = child};

	scratch_add(&scratch, 1, RECORD_ATFORK, &atfork, sizeof(atfork), NULL, 0);
}

static session_reference add_thread(uint32_t serial, uint64_t start_routine)
{
	const struct record_thread thread = {
		.born_in = 1, .serial = serial, .tid = 90, .start_routine = start_routine};

	return scratch_add(&scratch, 1, RECORD_THREAD, &thread, sizeof(thread), NULL, 0);
}

/* A fork of process 1 that left these threads behind, and its child. */
static session_reference add_fork(uint32_t child, const session_reference *threads, uint32_t count,
				  uint32_t state)
{
	struct session_header *header = scratch.header;
	struct record_lost lost = {.count = count};
	struct record_fork fork = {.parent = 1, .function = FORK_FORK};
	struct session_birth *birth;
	session_reference reference;

	atomic_store(&fork.lost, scratch_add(&scratch, 1, RECORD_LOST, &lost, sizeof(lost), threads,
					     count * sizeof(*threads)));
	reference = scratch_add(&scratch, 1, RECORD_FORK, &fork, sizeof(fork), NULL, 0);
	scratch_add_birth(&scratch, child, (int)child + 100);
	birth = (void *)((unsigned char *)header + header->births_offset);
	birth += atomic_load(&header->next_birth) - 1;
	birth->parent = birth->image = 1;
	birth->fork = reference;
	atomic_store(&birth->state, state);
	return reference;
}

static void add_held(session_reference fork, uint64_t site, uint64_t lock)
{
	const struct record_held held = {
		.fork = fork, .lock = lock, .kind = LOCK_MUTEX, .site = site};

	scratch_add(&scratch, 1, RECORD_HELD, &held, sizeof(held), NULL, 0);
}

static void fill(void)
{
	model_update(&scratch.model);
	libraries_fill(&scratch.model, &arena, &report);
	fork_safety_fill(&scratch.model, &arena, &report);
}

static const struct fork_safety *row(const char *name)
{
	for (size_t i = 0; i < report.safety_count; i++)
		if (strcmp(report.safety[i].name, name) == 0)
			return &report.safety[i];
	return NULL;
}

START_TEST(files_of_a_package_are_one_row)
{
	add_fork(2, NULL, 0, 0);
	add_use(USE_THREAD, WHEEL + 8, 0);
	add_use(USE_THREAD, WHEEL + 0x100008, 0);
	add_use(USE_LOCK, WHEEL + 8, 0x7000);
	add_handlers(WHEEL + 16, 1, 0, 0);
	add_handlers(WHEEL + 0x100010, 1, 0, 1);
	add_handlers(POOL + 16, 0, 1, 0);
	fill();
	ck_assert_uint_eq(report.safety_count, 2);
	ck_assert_uint_eq(row("pool")->threads_started, 2);
	ck_assert_uint_eq(row("pool")->locks_used, 1);
	ck_assert_uint_eq(row("pool")->prepare_handlers, 2);
	ck_assert_uint_eq(row("pool")->parent_handlers, 0);
	ck_assert_uint_eq(row("pool")->child_handlers, 1);
	ck_assert_uint_eq(row("pool")->file_count, 2);
	ck_assert_uint_eq(row("libpool.so")->parent_handlers, 1);
}
END_TEST

START_TEST(threads_at_forks_are_those_of_the_fork_with_most)
{
	session_reference threads[] = {add_thread(1, WHEEL + 64), add_thread(2, WHEEL + 64),
				       add_thread(3, POOL + 64)};

	add_use(USE_THREAD, WHEEL + 64, 0);
	add_fork(2, threads, 1, 0);
	add_fork(3, threads, 3, 0);
	add_fork(4, threads + 1, 1, 0);
	fill();
	ck_assert_uint_eq(report.safety_forks, 3);
	ck_assert_uint_eq(row("pool")->threads_at_forks, 2);
	/* There were more than anybody saw being started. */
	ck_assert_uint_eq(row("pool")->threads_started, 2);
	ck_assert_uint_eq(row("libpool.so")->threads_at_forks, 1);
}
END_TEST

START_TEST(forks_before_an_exec_do_not_count)
{
	session_reference threads[] = {add_thread(1, WHEEL + 64)};
	session_reference fork = add_fork(2, threads, 1, BIRTH_EXECED);

	add_held(fork, WHEEL + 8, 0x7000);
	fill();
	ck_assert_uint_eq(report.safety_forks, 0);
	ck_assert_uint_eq(report.safety_count, 0);
}
END_TEST

START_TEST(a_lock_that_was_held_at_two_forks_is_one)
{
	session_reference threads[] = {add_thread(1, POOL + 64)};
	session_reference forks[] = {add_fork(2, threads, 1, 0), add_fork(3, threads, 1, 0)};

	add_held(forks[0], WHEEL + 8, 0x7000);
	add_held(forks[1], WHEEL + 16, 0x7000);
	add_held(forks[1], WHEEL + 16, 0x7040);
	add_held(forks[1], 0x10, 0x7080);   /* in no module */
	add_held(12345, WHEEL + 8, 0x70c0); /* there is no such fork */
	fill();
	ck_assert_uint_eq(row("pool")->locks_held, 2);
	ck_assert_uint_eq(row("libpool.so")->locks_held, 0);
}
END_TEST

static const struct origin pool = {.kind = ORIGIN_PACKAGE, .package = "pool"};
static const struct frame own = {.file = "/home/x/report.py"};
static struct missing_group wheels = {.library = "libpython3.12.so", .count = 1, .origin = &pool};
static struct missing_group owns = {
	.library = "libpython3.12.so", .count = 1, .starter = &own, .is_python = true};

START_TEST(findings_name_the_package)
{
	struct finding findings[] = {
		{.code = "FC002",
		 .severity = SEVERITY_ERROR,
		 .missing = &wheels,
		 .missing_count = 1},
		{.code = "FC002",
		 .severity = SEVERITY_ERROR,
		 .missing = &wheels,
		 .missing_count = 1},
		{.code = "FC001",
		 .severity = SEVERITY_WARNING,
		 .holder = {.present = true, .library = "_pool.abi3.so"}},
		{.code = "FC004", .severity = SEVERITY_NOTE, .package = "pool"},
		{.code = "FC005",
		 .severity = SEVERITY_ERROR,
		 .suppressed = true,
		 .package = "pool"},
		{.code = "FC002", .severity = SEVERITY_ERROR, .missing = &owns, .missing_count = 1},
	};

	report.findings = findings;
	report.finding_count = sizeof(findings) / sizeof(*findings);
	add_fork(2, NULL, 0, 0);
	add_use(USE_LOCK, WHEEL + 8, 0x7000);
	add_use(USE_LOCK, POOL + 8, 0x7000);
	fill();
	ck_assert_str_eq(report.safety[0].name, "pool");
	ck_assert_uint_eq(row("pool")->errors, 2);
	ck_assert_uint_eq(row("pool")->warnings, 1);
	ck_assert_uint_eq(row("pool")->code_count, 2);
	ck_assert_str_eq(row("pool")->codes[0], "FC002");
	ck_assert_str_eq(row("pool")->codes[1], "FC001");
	ck_assert_uint_eq(row("libpool.so")->code_count, 0);
}
END_TEST

START_TEST(tables_of_several_sessions_are_added_up)
{
	struct fork_safety one[] = {{.name = "pool",
				     .version = "1",
				     .threads_started = 2,
				     .threads_at_forks = 2,
				     .locks_held = 1}},
			   two[] = {{.name = "pool",
				     .version = "1",
				     .threads_started = 3,
				     .threads_at_forks = 1},
				    {.name = "pool", .version = "2", .child_handlers = 1}};
	const struct report reports[] = {
		{.safety = one, .safety_count = 1, .safety_forks = 1, .wants_safety = true},
		{.safety = two, .safety_count = 2, .safety_forks = 4, .wants_safety = true}};

	struct merge merge;

	merge_init(&merge, &arena);
	merge_take(&merge, &reports[0], NULL, NULL);
	merge_take(&merge, &reports[1], NULL, NULL);
	merge_result(&merge, &report);
	merge_release(&merge);
	ck_assert_uint_eq(report.safety_forks, 5);
	ck_assert_uint_eq(report.safety_count, 2);
	ck_assert_uint_eq(report.safety[0].threads_started, 5);
	ck_assert_uint_eq(report.safety[0].threads_at_forks, 2);
	ck_assert_uint_eq(report.safety[0].locks_held, 1);
	ck_assert_uint_eq(report.safety[1].child_handlers, 1);
}
END_TEST

/* --- how it looks ---------------------------------------------------------------------------- */

static const char *codes[] = {"FC002", "FC001"};
static struct fork_safety shown[] = {
	{.name = "polars-runtime-32",
	 .version = "2.1.0",
	 .threads_started = 12,
	 .threads_at_forks = 9,
	 .locks_used = 370,
	 .prepare_handlers = 1,
	 .child_handlers = 2,
	 .errors = 1,
	 .codes = codes,
	 .code_count = 2},
	{.name = "a-package-with-a-name-that-is-long\033[31m", .version = "1.0", .locks_held = 1},
};

static char *rendered(int (*render)(FILE *, const struct report *, const struct render_options *),
		      bool color)
{
	struct render_options options = {.width = 80, .color = color};
	char *text;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	report.safety = shown;
	report.safety_count = sizeof(shown) / sizeof(*shown);
	report.safety_forks = 1;
	ck_assert_int_eq(render(stream, &report, &options), 0);
	fclose(stream);
	return text;
}

#define LEGEND                                                                                     \
	"  at fork: alive at the fork with most; locks: last taken before a fork; held:\n"         \
	"  at a fork; handlers: prepare/parent/child.\n"                                           \
	"  - is not seen in this run, which is no promise: hooks of a language (Python's\n"        \
	"  os.register_at_fork) and locks that a library makes itself are in no column.\n"

START_TEST(the_table_is_shown_where_nothing_was_found)
{
	char *text = rendered(render_text, false);

	ck_assert_str_eq(
		text,
		"forkcheck: libraries, at 1 fork without exec beside other threads:\n"
		"  library                      threads  at fork  locks  held  handlers  findings\n"
		"  polars-runtime-32 2.1.0           12        9    370     -     1/0/2  FC002 +1\n"
		"  a-packag...long\\x1b[31m 1.0        -        -      -     1         -  "
		"-\n" LEGEND);
	free(text);
}
END_TEST

START_TEST(errors_are_red)
{
	char *text = rendered(render_text, true);

	ck_assert_ptr_nonnull(strstr(text, "  \033[1;31mFC002 +1\033[0m\n"));
	ck_assert_ptr_null(strstr(text, "\033[31m"));
	free(text);
}
END_TEST

START_TEST(who_was_not_observed_is_not_clean)
{
	char *text;

	report.unobserved_more = 2;
	text = rendered(render_text, false);
	ck_assert_ptr_nonnull(
		strstr(text, LEGEND
		       "  2 processes were not observed: what is used there is in no row.\n"));
	free(text);
	report.observed = false;
	text = rendered(render_text, false);
	ck_assert_ptr_nonnull(
		strstr(text, "  the program was not observed: the table knows nothing of it.\n"));
	free(text);
}
END_TEST

START_TEST(nobody_asked)
{
	char *text;

	report.wants_safety = false;
	text = rendered(render_text, false);
	ck_assert_str_eq(text, "");
	free(text);
	text = rendered(render_json, false);
	ck_assert_ptr_null(strstr(text, "fork_safety"));
	free(text);
}
END_TEST

START_TEST(json_has_all_of_it)
{
	char *text = rendered(render_json, false);
	json_t *root = json_loads(text, 0, NULL), *first;
	json_t *table = json_object_get(root, "fork_safety");
	int forks, whole, child, errors;
	const char *version;

	first = json_array_get(json_object_get(table, "libraries"), 0);
	ck_assert_int_eq(json_unpack(table, "{s:i, s:b}", "forks", &forks, "all_observed", &whole),
			 0);
	ck_assert_int_eq(forks, 1);
	ck_assert(whole);
	ck_assert_int_eq(json_unpack(first, "{s:s, s:i, s:{s:i}}", "version", &version, "errors",
				     &errors, "handlers", "child", &child),
			 0);
	ck_assert_str_eq(version, "2.1.0");
	ck_assert_int_eq(errors, 1);
	ck_assert_int_eq(child, 2);
	ck_assert_uint_eq(json_array_size(json_object_get(first, "findings")), 2);
	json_decref(root);
	free(text);
}
END_TEST

Suite *fork_safety_suite(void)
{
	Suite *suite = suite_create("fork_safety");
	TCase *tests = tcase_create("fork_safety");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, files_of_a_package_are_one_row);
	tcase_add_test(tests, threads_at_forks_are_those_of_the_fork_with_most);
	tcase_add_test(tests, forks_before_an_exec_do_not_count);
	tcase_add_test(tests, a_lock_that_was_held_at_two_forks_is_one);
	tcase_add_test(tests, findings_name_the_package);
	tcase_add_test(tests, tables_of_several_sessions_are_added_up);
	tcase_add_test(tests, the_table_is_shown_where_nothing_was_found);
	tcase_add_test(tests, errors_are_red);
	tcase_add_test(tests, who_was_not_observed_is_not_clean);
	tcase_add_test(tests, nobody_asked);
	tcase_add_test(tests, json_has_all_of_it);
	suite_add_tcase(suite, tests);
	return suite;
}
