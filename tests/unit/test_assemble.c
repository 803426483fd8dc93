/*
 * From a model to a report, and from several reports to one.
 */
#include "cli/findings/assemble.h"
#include "cli/findings/merge.h"
#include "scratch.h"
#include <check.h>
#include <string.h>

Suite *assemble_suite(void);

static struct scratch scratch;
static struct arena arena;
static struct report report;

static void setup(void)
{
	scratch_open(&scratch, 8);
	arena_init(&arena);
	report = (struct report){0};
	scratch_add_image(&scratch, 1, "/no/server");
}

static void teardown(void)
{
	arena_release(&arena);
	scratch_close(&scratch);
}

static void assemble(void)
{
	model_update(&scratch.model);
	assemble_report(&scratch.model, &arena, NULL, true, &report);
}

/* `text` as written, NULs and all; its length and the number of words are claims. */
static void add_run(const char *text, size_t text_length, uint32_t length, uint32_t arguments)
{
	const struct record_run run = {.exit_status = 3,
				       .duration_ns = 1500000,
				       .is_observed = 1,
				       .arguments = arguments,
				       .length = length};

	scratch_add(&scratch, 0, RECORD_RUN, &run, sizeof(run), text, text_length);
}

#define ADD_RUN(text, arguments) add_run(text, sizeof(text), sizeof(text), arguments)

START_TEST(the_run_comes_from_its_record)
{
	ADD_RUN("ls\0-l\0", 3);
	atomic_store(&scratch.header->counters.forks, 4);
	atomic_store(&scratch.header->counters.processes, 5);
	atomic_store(&scratch.header->counters.threads, 6);
	assemble();
	ck_assert_str_eq(report.command[0], "ls");
	ck_assert_str_eq(report.command[1], "-l");
	ck_assert_str_eq(report.command[2], "");
	ck_assert_ptr_null(report.command[3]);
	ck_assert_int_eq(report.exit_status, 3);
	ck_assert(report.duration_ms == 1.5);
	ck_assert(report.observed);
	ck_assert(report.complete);
	ck_assert_uint_eq(report.forks, 4);
	ck_assert_uint_eq(report.processes, 5);
	ck_assert_uint_eq(report.threads, 11);
	ck_assert_uint_eq(report.finding_count, 0);
}
END_TEST

/* What was done to a process is no reason for the end of the run. */
START_TEST(why_the_run_was_ended_comes_from_an_action)
{
	struct record_action action = {.pid = 7, .what_length = 6};

	scratch_add(&scratch, 0, RECORD_ACTION, &action, sizeof(action), "killed", 6);
	assemble();
	ck_assert_ptr_null(report.ended);
	action = (struct record_action){.pid = 0, .what_length = 13};
	scratch_add(&scratch, 0, RECORD_ACTION, &action, sizeof(action), "nothing moves", 13);
	assemble();
	ck_assert_str_eq(report.ended, "nothing moves");
}
END_TEST

START_TEST(a_command_is_no_longer_than_its_record)
{
	add_run("ls\0-l", 5, 5, UINT32_MAX);
	assemble();
	ck_assert_str_eq(report.command[0], "ls");
	ck_assert_str_eq(report.command[1], "-l");
	ck_assert_ptr_null(report.command[2]);
}
END_TEST

START_TEST(a_session_without_an_end_is_not_complete)
{
	assemble();
	ck_assert(report.observed);
	ck_assert(!report.complete);
	ck_assert_int_eq(report.exit_status, -1);
	ck_assert_int_eq(report.signal, 0);
}
END_TEST

START_TEST(what_was_lost_is_told)
{
	ADD_RUN("ls", 1);
	atomic_store(&scratch.header->counters.dropped, 2);
	assemble();
	ck_assert_uint_eq(report.events_lost, 2);
	ck_assert(!report.complete);
	ck_assert_ptr_nonnull(strstr(report.incomplete_reason, "no room"));
}
END_TEST

START_TEST(a_writer_that_was_killed_is_no_want_of_room)
{
	ADD_RUN("ls", 1);
	atomic_fetch_add(&scratch.header->next_cell, 1);
	assemble();
	ck_assert_uint_eq(report.events_lost, 1);
	ck_assert_ptr_nonnull(strstr(report.incomplete_reason, "ended while it wrote"));
}
END_TEST

/* --- merging --------------------------------------------------------------- */

static char one_word[] = "one", other_word[] = "other";
static char *one_command[] = {one_word, NULL}, *other_command[] = {other_word, NULL};

static void assert_seen(const struct finding *finding, const char *expected)
{
	const char *words = "";

	for (const struct sighting *seen = finding->seen; seen; seen = seen->next)
		words = arena_printf(&arena, "%s%s %d ", words, seen->session, (int)seen->count);
	ck_assert_str_eq(words, expected);
}

START_TEST(reports_are_added_up)
{
	struct finding one_findings[] = {
		{.code = "FC005", .severity = SEVERITY_WARNING, .fingerprint = "a", .count = 2},
	};
	struct finding other_findings[] = {
		{.code = "FC001",
		 .severity = SEVERITY_ERROR,
		 .fingerprint = "b",
		 .count = 1,
		 .holder = {.present = true, .library = "libb.so"}},
		{.code = "FC005", .severity = SEVERITY_WARNING, .fingerprint = "a", .count = 3},
	};
	struct library one_libraries[] = {{.path = "/liba.so", .threads_created = 1, .errors = 7},
					  {.path = "/libb.so", .locks_used = 2}};
	struct library other_libraries[] = {
		{.path = "/libb.so", .locks_used = 3, .atfork_handlers = 1}};
	struct unobserved unobserved = {.pid = 7, .path = "/bin/static"};
	const struct report reports[] = {
		{.command = one_command,
		 .exit_status = 5,
		 .duration_ms = 1,
		 .observed = true,
		 .complete = true,
		 .forks = 1,
		 .processes = 2,
		 .threads = 3,
		 .findings = one_findings,
		 .finding_count = 1,
		 .libraries = one_libraries,
		 .library_count = 2},
		{.command = other_command,
		 .duration_ms = 2,
		 .observed = true,
		 .incomplete_reason = "why",
		 .forks = 10,
		 .processes = 20,
		 .threads = 30,
		 .events_lost = 40,
		 .findings = other_findings,
		 .finding_count = 2,
		 .libraries = other_libraries,
		 .library_count = 1,
		 .unobserved = &unobserved,
		 .unobserved_count = 1},
	};

	struct arena owners[3];
	struct merge merge;

	merge_init(&merge, &arena);
	merge_take(&merge, &reports[0], &owners[0], "a.fc");
	merge_take(&merge, &reports[1], &owners[1], "b.fc");
	/* What is not new needs its arena no more. */
	merge_take(&merge, &reports[0], &owners[2], "c.fc");
	ck_assert(merge_needs(&merge, &owners[0]));
	ck_assert(merge_needs(&merge, &owners[1]));
	ck_assert(!merge_needs(&merge, &owners[2]));
	merge_result(&merge, &report);
	ck_assert_str_eq(report.command[0], "one");
	ck_assert_int_eq(report.exit_status, 5);
	ck_assert(report.duration_ms == 4);
	ck_assert(report.observed);
	ck_assert(!report.complete);
	ck_assert_str_eq(report.incomplete_reason, "why");
	ck_assert_uint_eq(report.forks, 12);
	ck_assert_uint_eq(report.processes, 24);
	ck_assert_uint_eq(report.threads, 36);
	ck_assert_uint_eq(report.events_lost, 40);
	ck_assert_uint_eq(report.unobserved_count, 1);
	ck_assert_uint_eq(report.finding_count, 2);
	ck_assert_str_eq(report.findings[0].fingerprint, "b");
	ck_assert_str_eq(report.findings[1].fingerprint, "a");
	ck_assert_uint_eq(report.findings[1].count, 7);
	ck_assert_uint_eq(report.library_count, 2);
	ck_assert_str_eq(report.libraries[0].path, "/libb.so");
	ck_assert_uint_eq(report.libraries[0].locks_used, 5 + 2);
	ck_assert_uint_eq(report.libraries[0].atfork_handlers, 1);
	ck_assert_uint_eq(report.libraries[0].errors, 1);
	ck_assert_uint_eq(report.libraries[1].errors, 0);
	assert_seen(&report.findings[0], "b.fc 1 ");
	assert_seen(&report.findings[1], "a.fc 2 b.fc 3 c.fc 2 ");
	merge_release(&merge);
}
END_TEST

Suite *assemble_suite(void)
{
	Suite *suite = suite_create("assemble");
	TCase *tests = tcase_create("assemble");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, the_run_comes_from_its_record);
	tcase_add_test(tests, why_the_run_was_ended_comes_from_an_action);
	tcase_add_test(tests, a_command_is_no_longer_than_its_record);
	tcase_add_test(tests, a_session_without_an_end_is_not_complete);
	tcase_add_test(tests, what_was_lost_is_told);
	tcase_add_test(tests, a_writer_that_was_killed_is_no_want_of_room);
	tcase_add_test(tests, reports_are_added_up);
	suite_add_tcase(suite, tests);
	return suite;
}
