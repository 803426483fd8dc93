/*
 * What somebody reads who reads along, and what is left for the end.
 */
#include "cli/commands/options.h"
#include "cli/run/live.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *live_suite(void);

static struct options options = {.color = COLOR_NEVER};
static struct live live;
static char *text;
static size_t length;

static void setup(void)
{
	FILE *stream = open_memstream(&text, &length);

	ck_assert_ptr_nonnull(stream);
	live_init(&live, &options, stream);
}

static void teardown(void)
{
	if (live.stream)
		fclose(live.stream);
	live_release(&live);
	free(text);
}

static struct finding finding_of(int pid, enum certainty certainty)
{
	return (struct finding){
		.code = "FC002",
		.name = "lost-wakeup",
		.severity = certainty == CERTAINTY_PROVEN ? SEVERITY_ERROR : SEVERITY_WARNING,
		.certainty = certainty,
		.message = "child waits",
		.fingerprint = "FC002-1",
		.count = 1,
		.child = {.present = true, .pid = pid},
	};
}

/* What is printed when it is told. */
static const char *tell(uint32_t serial, enum certainty certainty, const char *action)
{
	struct finding finding = finding_of(4000 + (int)serial, certainty);
	struct hang hang = {.serial = serial, .pid = 1, .process = -1};
	size_t before = length;

	finding.action = action;
	live_tell(&live, &hang, 4000 + (int)serial, &finding);
	fflush(live.stream);
	return text + before;
}

static const char *withdraw(uint32_t serial)
{
	size_t before = length;

	live_withdraw(&live, serial);
	fflush(live.stream);
	return text + before;
}

/* What it printed with a finding, `line` at its end, and another one there. */
static const char *narrowed(const char *line, const char *last)
{
	struct finding finding = finding_of(4001, CERTAINTY_PROVEN);
	struct hang hang = {.serial = 1, .pid = 1, .process = -1};
	struct report report = {.observed = true, .complete = true};
	size_t before;

	finding.suppression = line;
	live_tell(&live, &hang, 4001, &finding);
	fflush(live.stream);
	before = length;
	finding.suppression = last;
	report.findings = &finding;
	report.finding_count = 1;
	ck_assert_int_eq(live_finish(&live, &report), 0);
	fflush(live.stream);
	return text + before;
}

START_TEST(gives_a_line_that_came_too_early_again)
{
	ck_assert_ptr_nonnull(
		strstr(narrowed("rule:FC002 wait:f", "rule:FC002 wait:f wait:g"),
		       "forkcheck: child 4001 (FC002): its line above may hide others; "
		       "use this one:\n"
		       "  suppress: rule:FC002 wait:f wait:g\n"));
}
END_TEST

START_TEST(says_nothing_of_a_line_that_holds)
{
	ck_assert_ptr_null(strstr(narrowed("rule:FC002 wait:f", "rule:FC002 wait:f"), "suppress"));
}
END_TEST

/* What is printed at the end of a run that has one finding, `count` times. */
static const char *finish(enum certainty certainty, uint64_t count)
{
	struct finding finding = finding_of(4001, certainty);
	struct report report = {.observed = true, .complete = true};
	size_t before = length;

	finding.count = count;
	report.findings = &finding;
	report.finding_count = 1;
	ck_assert_int_eq(live_finish(&live, &report), 0);
	fflush(live.stream);
	return text + before;
}

#define TITLE "forkcheck: error FC002 lost-wakeup: "

static void assert_whole(const char *printed, const char *certainty)
{
	char title[128];

	snprintf(title, sizeof(title), "FC002 lost-wakeup (%s)\n  child waits\n", certainty);
	ck_assert_msg(strstr(printed, title) != NULL, "%s", printed);
}

START_TEST(a_hang_is_printed_once)
{
	assert_whole(tell(1, CERTAINTY_PROVEN, "killed"), "proven");
	ck_assert_str_eq(tell(2, CERTAINTY_PROVEN, "killed"), "");
	ck_assert_ptr_null(strstr(finish(CERTAINTY_PROVEN, 1), "FC002"));
}
END_TEST

START_TEST(a_suspicion_is_printed_when_it_is_found)
{
	assert_whole(tell(1, CERTAINTY_SUSPECTED, NULL), "suspected");
	ck_assert_str_eq(tell(1, CERTAINTY_SUSPECTED, NULL), "");
	ck_assert_ptr_null(strstr(finish(CERTAINTY_SUSPECTED, 1), "FC002"));
}
END_TEST

START_TEST(a_proof_follows_a_suspicion_in_one_line)
{
	tell(1, CERTAINTY_SUSPECTED, NULL);
	ck_assert_str_eq(tell(1, CERTAINTY_PROVEN, "killed"),
			 TITLE "child 4001 is now proven to hang; forkcheck killed it\n");
	ck_assert_str_eq(tell(1, CERTAINTY_PROVEN, NULL), "");
	ck_assert_ptr_null(strstr(finish(CERTAINTY_PROVEN, 1), "FC002"));
}
END_TEST

START_TEST(a_proof_about_another_process_is_told_too)
{
	tell(1, CERTAINTY_SUSPECTED, NULL);
	ck_assert_str_eq(tell(2, CERTAINTY_PROVEN, NULL),
			 TITLE "child 4002 is proven to hang in the same way\n");
	ck_assert_str_eq(tell(3, CERTAINTY_PROVEN, NULL), "");
}
END_TEST

START_TEST(what_is_done_later_is_told_then)
{
	tell(1, CERTAINTY_PROVEN, NULL);
	ck_assert_str_eq(tell(1, CERTAINTY_PROVEN, "killed"),
			 TITLE "child 4001 hangs; forkcheck killed it\n");
	ck_assert_str_eq(tell(1, CERTAINTY_PROVEN, "killed"), "");
}
END_TEST

/* Should it come back, or another hang so, that is news again. */
START_TEST(what_moves_on_is_withdrawn)
{
	ck_assert_str_eq(withdraw(1), "");
	tell(1, CERTAINTY_SUSPECTED, NULL);
	tell(2, CERTAINTY_SUSPECTED, NULL);
	ck_assert_str_eq(withdraw(2), "");
	ck_assert_str_eq(withdraw(1), "forkcheck: warning FC002 lost-wakeup: child 4001 goes on: "
				      "it does not hang, and this is withdrawn\n");
	ck_assert_str_eq(withdraw(1), "");
	ck_assert_uint_eq(live.hung.count, 0);
	assert_whole(tell(1, CERTAINTY_SUSPECTED, NULL), "suspected");
}
END_TEST

START_TEST(the_end_tells_what_is_new)
{
	assert_whole(finish(CERTAINTY_PROVEN, 1), "proven");
	tell(1, CERTAINTY_SUSPECTED, NULL);
	ck_assert_ptr_nonnull(strstr(finish(CERTAINTY_PROVEN, 5),
				     TITLE "child 4001 is proven to hang\n"
					   "forkcheck: FC002 lost-wakeup: seen 5 times in all\n"));
}
END_TEST

/* --quiet: the rest of forkcheck still knows what hangs. */
START_TEST(nobody_need_read_along)
{
	struct finding finding = finding_of(4001, CERTAINTY_PROVEN);
	struct hang hang = {.serial = 1, .pid = 1, .process = -1};

	fclose(live.stream);
	live.stream = NULL;
	finding.action = "killed";
	live_tell(&live, &hang, 4001, &finding);
	ck_assert_uint_eq(hung_count_acted(&live.hung, "FC002-1"), 1);
	ck_assert_uint_eq(hung_count_acted(&live.hung, "FC002-2"), 0);
	ck_assert(hung_has_error(&live.hung));
	live_withdraw(&live, 1);
	ck_assert(!hung_has_error(&live.hung));
	ck_assert_int_eq(live_finish(&live, &(struct report){0}), 0);
}
END_TEST

Suite *live_suite(void)
{
	Suite *suite = suite_create("live");
	TCase *core = tcase_create("core");

	tcase_add_checked_fixture(core, setup, teardown);
	tcase_add_test(core, a_hang_is_printed_once);
	tcase_add_test(core, a_suspicion_is_printed_when_it_is_found);
	tcase_add_test(core, a_proof_follows_a_suspicion_in_one_line);
	tcase_add_test(core, a_proof_about_another_process_is_told_too);
	tcase_add_test(core, what_is_done_later_is_told_then);
	tcase_add_test(core, what_moves_on_is_withdrawn);
	tcase_add_test(core, the_end_tells_what_is_new);
	tcase_add_test(core, gives_a_line_that_came_too_early_again);
	tcase_add_test(core, says_nothing_of_a_line_that_holds);
	tcase_add_test(core, nobody_need_read_along);
	suite_add_tcase(suite, core);
	return suite;
}
