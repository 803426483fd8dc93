/*
 * What further runs make of a prediction. The findings are written here by hand: the same fork
 * and the same lock, at other addresses, as two runs of one program have them.
 */
#include "cli/findings/confirm.h"
#include <check.h>
#include <string.h>

Suite *confirm_suite(void);

static struct arena arena;
static struct report first, merged;
static struct finding findings[3];
static struct predicted_sections sections;
static struct confirm confirm;

static struct frame fork_frame = {
	.function = "spawn", .file = "server.c", .line = 20, .module = "/bin/server", .offset = 1};
static struct frame other_fork_frame = {
	.function = "spawn", .file = "server.c", .line = 90, .module = "/bin/server", .offset = 9};
static struct frame take_frame = {
	.function = "put", .file = "log.c", .line = 7, .module = "/bin/server", .offset = 2};
static struct frame other_take_frame = {
	.function = "get", .file = "log.c", .line = 70, .module = "/bin/server", .offset = 3};

static struct frames one(struct frame *frame)
{
	return (struct frames){.list = frame, .count = 1};
}

static struct finding make_finding(const char *code, enum certainty certainty, const char *lock)
{
	return (struct finding){
		.code = code,
		.name = "",
		.severity = SEVERITY_ERROR,
		.certainty = certainty,
		.fingerprint = code,
		.count = 1,
		.fork = {.present = true, .stack = one(&fork_frame)},
		.lock = {.present = true, .kind = "mutex", .name = lock, .module = "/bin/server"},
		.holder = {.present = true, .acquired_at = one(&take_frame)},
		.child = {.present = true, .pid = 4711, .waiting_in = "pthread_mutex_lock"},
	};
}

static struct finding prediction(const char *lock)
{
	return make_finding("FC004", CERTAINTY_PREDICTED, lock);
}

static struct finding hang(const char *lock)
{
	struct finding finding = make_finding("FC001", CERTAINTY_PROVEN, lock);

	finding.lock.address = 0x7000;
	return finding;
}

static void begin(size_t count)
{
	first = (struct report){.findings = findings, .finding_count = count, .observed = true};
	confirm_init(&confirm, &arena, &first, &sections);
}

static void setup(void)
{
	arena_init(&arena);
	sections = (struct predicted_sections){0};
	findings[0] = prediction("table");
	findings[1] = prediction("cache");
	findings[1].fingerprint = "FC004-2";
	begin(1);
}

static void teardown(void)
{
	arena_release(&arena);
}

static void take(struct finding *found, size_t count)
{
	struct further_run run = {.report = {.findings = found, .finding_count = count}};

	confirm_take(&confirm, &run);
}

static void take_repair_of(struct finding *repair)
{
	struct further_run run = {.repairs = repair, .repair_count = 1};

	confirm_take(&confirm, &run);
}

static const struct finding *result(size_t index)
{
	confirm_result(&confirm, &merged);
	ck_assert_uint_lt(index, merged.finding_count);
	return &merged.findings[index];
}

static void expect_undecided(struct finding found)
{
	take(&found, 1);
	ck_assert(!confirm_is_decided(&confirm));
}

START_TEST(what_hangs_is_confirmed)
{
	struct finding found = hang("table");

	take(NULL, 0);
	ck_assert(!confirm_is_decided(&confirm));
	take(&found, 1);
	ck_assert(confirm_is_decided(&confirm));
	ck_assert_int_eq(result(0)->certainty, CERTAINTY_CONFIRMED);
	ck_assert_str_eq(result(0)->code, "FC004");
	ck_assert_int_eq(result(0)->severity, SEVERITY_ERROR);
	ck_assert_uint_eq(result(0)->confirmation.tries, 2);
	ck_assert_str_eq(result(0)->confirmation.result, "confirmed");
	ck_assert_ptr_nonnull(strstr(result(0)->confirmation.evidence, "further run 2"));
	ck_assert_ptr_nonnull(strstr(result(0)->confirmation.evidence, "4711"));
	/* The hang is no finding beside it. */
	ck_assert_uint_eq(merged.finding_count, 1);
	ck_assert_uint_eq(merged.confirm_runs, 2);
}
END_TEST

START_TEST(a_warning_that_hangs_is_an_error)
{
	struct finding found = hang("table");

	findings[0].severity = SEVERITY_WARNING;
	take(&found, 1);
	ck_assert_int_eq(result(0)->severity, SEVERITY_ERROR);
}
END_TEST

START_TEST(another_lock_or_fork_confirms_nothing)
{
	struct finding other = hang("cache"), elsewhere = hang("table"), suspected = hang("table");
	struct finding kind = hang("table");

	expect_undecided(other);
	elsewhere.fork.stack = one(&other_fork_frame);
	expect_undecided(elsewhere);
	suspected.certainty = CERTAINTY_SUSPECTED;
	expect_undecided(suspected);
	kind.lock.kind = "rwlock";
	expect_undecided(kind);
}
END_TEST

/* It may have given up some day: no proof of the prediction, and told beside it. */
START_TEST(a_child_that_tried_for_ever_is_told)
{
	struct finding found = hang("table"), warning = hang("cache"), note = hang("cache");

	found.certainty = note.certainty = CERTAINTY_SUSPECTED;
	note.severity = SEVERITY_NOTE;
	warning.certainty = CERTAINTY_SUSPECTED;
	warning.holder.present = false;
	take(&found, 1);
	take(&warning, 1);
	take(&note, 1);
	ck_assert(!confirm_is_decided(&confirm));
	ck_assert_int_eq(result(0)->certainty, CERTAINTY_SUSPECTED);
	ck_assert_int_eq(result(1)->certainty, CERTAINTY_PREDICTED);
	ck_assert_uint_eq(merged.finding_count, 2);
}
END_TEST

/* Without a name: by where it was taken. */
START_TEST(a_lock_on_a_heap_is_known_again)
{
	struct finding found = hang(NULL);

	found.lock.module = NULL;
	findings[0].lock.name = findings[0].lock.module = NULL;
	found.holder.acquired_at = one(&other_take_frame);
	expect_undecided(found);
	found.holder.acquired_at = one(&take_frame);
	take(&found, 1);
	ck_assert(confirm_is_decided(&confirm));
}
END_TEST

/* Of "stripes+0x28" and "stripes+0x50" who takes them tells whether they are alike. */
START_TEST(a_stripe_is_one_of_all)
{
	struct finding found = hang("stripes+0x50");

	findings[0].lock.name = "stripes+0x28";
	found.holder.acquired_at = one(&other_take_frame);
	expect_undecided(found);
	found.holder.acquired_at = one(&take_frame);
	take(&found, 1);
	ck_assert(confirm_is_decided(&confirm));
}
END_TEST

START_TEST(a_row_of_a_prediction_counts)
{
	struct predicted_lock row = {.kind = "mutex", .name = "cache"};
	struct predicted_lock rows = {.kind = "mutex", .name = "table", .next = &row};
	struct finding found = hang("cache");

	findings[0].locks = &rows;
	take(&found, 1);
	ck_assert(confirm_is_decided(&confirm));
}
END_TEST

START_TEST(what_is_made_anew_is_withdrawn)
{
	struct finding repair = hang("table");

	repair.message = "called pthread_mutex_init() for it";
	take_repair_of(&repair);
	ck_assert(confirm_is_decided(&confirm));
	ck_assert_int_eq(result(0)->severity, SEVERITY_NOTE);
	ck_assert_int_eq(result(0)->certainty, CERTAINTY_WITHDRAWN);
	ck_assert_str_eq(result(0)->confirmation.result, "withdrawn");
	ck_assert_ptr_nonnull(strstr(result(0)->confirmation.evidence, "pthread_mutex_init()"));
}
END_TEST

/* One of two locks made anew is no cure. */
START_TEST(a_part_that_is_made_anew_is_not_enough)
{
	struct predicted_lock row = {.kind = "mutex", .name = "cache"};
	struct predicted_lock rows = {.kind = "mutex", .name = "table", .next = &row};
	struct finding repair = hang("table"), other = hang("cache");

	findings[0].locks = &rows;
	repair.message = other.message = "";
	take_repair_of(&repair);
	take_repair_of(&repair);
	ck_assert(!confirm_is_decided(&confirm));
	take_repair_of(&other);
	ck_assert(confirm_is_decided(&confirm));
}
END_TEST

/* It made one anew in one run, and did not in another. */
START_TEST(a_hang_says_more_than_a_repair)
{
	struct finding repair = hang("table"), found = hang("table");

	repair.message = "";
	take_repair_of(&repair);
	take(&found, 1);
	ck_assert_int_eq(result(0)->certainty, CERTAINTY_CONFIRMED);
}
END_TEST

START_TEST(the_rest_stays_predicted)
{
	struct finding found = hang("table");

	begin(2);
	take(&found, 1);
	ck_assert_uint_eq(confirm_open(&confirm), 1);
	take(NULL, 0);
	ck_assert(!confirm_is_decided(&confirm));
	for (size_t i = 0; i < 2; i++) {
		bool is_first = strcmp(result(i)->fingerprint, "FC004") == 0;

		ck_assert_str_eq(result(i)->confirmation.result,
				 is_first ? "confirmed" : "predicted");
		/* What was decided is not tried any more. */
		ck_assert_uint_eq(result(i)->confirmation.tries, is_first ? 1 : 2);
	}
}
END_TEST

START_TEST(what_only_a_further_run_has_is_added)
{
	struct finding found[2] = {hang("other"), hang("other")};

	begin(0);
	ck_assert(!confirm_is_decided(&confirm));
	found[1].severity = SEVERITY_WARNING;
	found[1].fingerprint = "FC005";
	take(found, 2);
	ck_assert(confirm_is_decided(&confirm));
	ck_assert_str_eq(result(0)->code, "FC001");
	ck_assert_uint_eq(merged.finding_count, 1);
}
END_TEST

START_TEST(what_the_first_run_had_is_not_added)
{
	struct finding found = hang("other");

	findings[1] = hang("other");
	begin(2);
	take(&found, 1);
	confirm_result(&confirm, &merged);
	ck_assert_uint_eq(merged.finding_count, 2);
	ck_assert_uint_eq(merged.findings[0].count, 1);
}
END_TEST

START_TEST(how_often_a_section_was_reached_is_counted)
{
	struct further_run run = {.schedule = {.count = 2}};

	sections = (struct predicted_sections){.count = 1, .fingerprints = {"FC004"}};
	sections.list[0] = (struct session_section){.module = 5, .offset = 6};
	begin(1);
	run.schedule.sections[0] = (struct session_section){.module = 5, .offset = 7, .reached = 9};
	run.schedule.sections[1] = (struct session_section){.module = 5, .offset = 6, .reached = 3};
	confirm_take(&confirm, &run);
	confirm_take(&confirm, &run);
	ck_assert_uint_eq(result(0)->confirmation.reached, 6);
	ck_assert_ptr_nonnull(strstr(result(0)->confirmation.evidence, "6 forks"));
	/* The program can write there. */
	run.schedule.count = UINT32_MAX;
	confirm_take(&confirm, &run);
	ck_assert_uint_eq(result(0)->confirmation.reached, 9);
}
END_TEST

START_TEST(what_is_suppressed_is_not_tried)
{
	findings[0].suppressed = true;
	begin(1);
	ck_assert_uint_eq(confirm_open(&confirm), 0);
	take(NULL, 0);
	ck_assert(!result(0)->confirmation.present);
}
END_TEST

Suite *confirm_suite(void)
{
	Suite *suite = suite_create("confirm");
	TCase *core = tcase_create("core");

	tcase_add_checked_fixture(core, setup, teardown);
	tcase_add_test(core, what_hangs_is_confirmed);
	tcase_add_test(core, a_warning_that_hangs_is_an_error);
	tcase_add_test(core, another_lock_or_fork_confirms_nothing);
	tcase_add_test(core, a_child_that_tried_for_ever_is_told);
	tcase_add_test(core, a_lock_on_a_heap_is_known_again);
	tcase_add_test(core, a_stripe_is_one_of_all);
	tcase_add_test(core, a_row_of_a_prediction_counts);
	tcase_add_test(core, what_is_made_anew_is_withdrawn);
	tcase_add_test(core, a_part_that_is_made_anew_is_not_enough);
	tcase_add_test(core, a_hang_says_more_than_a_repair);
	tcase_add_test(core, the_rest_stays_predicted);
	tcase_add_test(core, what_only_a_further_run_has_is_added);
	tcase_add_test(core, what_the_first_run_had_is_not_added);
	tcase_add_test(core, how_often_a_section_was_reached_is_counted);
	tcase_add_test(core, what_is_suppressed_is_not_tried);
	suite_add_tcase(suite, core);
	return suite;
}
