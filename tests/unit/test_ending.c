/*
 * When a run is ended: a clock of the test's own, and signals that nobody sent.
 */
#include "cli/run/ending.h"
#include <check.h>
#include <signal.h>
#include <string.h>

Suite *ending_suite(void);

#define MS 1000000u

static struct options options;
static struct ending ending;
static struct hung_list hung;

static void setup(void)
{
	options = (struct options){.max_kills = 3, .end_after_ms = 60000};
	ending_init(&ending, &options);
}

static void teardown(void)
{
	ending_release(&ending);
	hung_release(&hung);
}

static void add_hung(uint32_t serial, enum severity severity, const char *action)
{
	const struct finding finding = {.code = "FC001", .severity = severity, .fingerprint = "f"};
	const struct hang hang = {.serial = serial, .pid = 1, .process = -1};

	hung_note(&hung, &hang, 1, &finding)->action = action;
}

static void ask(int signal, enum launch_origin origin, bool is_caught, uint64_t at_ms)
{
	struct launch_request request = {signal, origin, 0, at_ms * MS};

	ending_take_request(&ending, &request, is_caught, &hung);
}

static void send(int signal, uint64_t at_ms)
{
	ask(signal, REQUEST_SENT, false, at_ms);
}

static void type(int signal, uint64_t at_ms)
{
	ask(signal, REQUEST_TYPED, true, at_ms);
}

/* Is it over after a turn at that time? */
static enum ending_way turn(uint64_t at_ms)
{
	struct ending_view view = {.now = at_ms * MS, .hung = &hung};

	ending_turn(&ending, &view);
	return ending.way;
}

START_TEST(a_signal_gives_ten_seconds)
{
	ck_assert_int_eq(turn(1000), ENDING_NONE);
	send(SIGTERM, 1000);
	ck_assert_int_eq(turn(10900), ENDING_NONE);
	ck_assert_int_eq(turn(11000), ENDING_LEAVE);
	ck_assert_int_eq(ending.signal, SIGTERM);
	ck_assert_str_eq(ending.reason, "the program has not ended in 10 s after SIGTERM");
}
END_TEST

START_TEST(a_second_signal_gives_none)
{
	send(SIGTERM, 1000);
	send(SIGHUP, 1500);
	ck_assert_int_eq(ending.way, ENDING_LEAVE);
	/* The one that came first is the one to end by. */
	ck_assert_int_eq(ending.signal, SIGTERM);
}
END_TEST

/* As timeout(1) sends them, and a shell whose terminal is gone. */
START_TEST(signals_that_come_together_are_one)
{
	send(SIGTERM, 1000);
	send(SIGTERM, 1000);
	send(SIGHUP, 1499);
	ck_assert_int_eq(turn(10900), ENDING_NONE);
}
END_TEST

START_TEST(files_are_wanted_two_seconds_after_a_signal)
{
	ck_assert(!ending_wants_files(&ending, 100000ull * MS));
	send(SIGTERM, 1000);
	ck_assert(!ending_wants_files(&ending, 2900ull * MS));
	ck_assert(ending_wants_files(&ending, 3000ull * MS));
	ck_assert(!ending_wants_files(&ending, 3100ull * MS));
}
END_TEST

/* But the report is written, should forkcheck be killed next. */
START_TEST(what_the_program_has_a_use_for_ends_nothing)
{
	static const int signals[] = {SIGHUP, SIGINT, SIGQUIT};

	for (uint64_t at = 1000; at < 10000; at += 1000)
		ask(signals[_i], REQUEST_SENT, true, at);
	ck_assert_int_eq(turn(100000), ENDING_NONE);
	ck_assert(ending_wants_files(&ending, 3000ull * MS));
	/* As CI runners do: SIGINT, and then SIGTERM. */
	send(SIGTERM, 100000);
	ck_assert(!ending_wants_files(&ending, 101000ull * MS));
	ck_assert(ending_wants_files(&ending, 102000ull * MS));
	ck_assert_int_eq(turn(109000), ENDING_NONE);
	ck_assert_int_eq(turn(110000), ENDING_LEAVE);
	ck_assert_int_eq(ending.signal, SIGTERM);
}
END_TEST

START_TEST(it_counts_where_something_hangs)
{
	add_hung(1, SEVERITY_WARNING, NULL);
	ask(SIGINT, REQUEST_SENT, true, 1000);
	ck_assert_int_eq(turn(11000), ENDING_LEAVE);
}
END_TEST

START_TEST(sigterm_and_a_lost_terminal_always_count)
{
	if (_i == 0)
		ask(SIGTERM, REQUEST_SENT, true, 1000);
	else
		ask(SIGHUP, REQUEST_HANGUP, true, 1000);
	ck_assert_int_eq(turn(11000), ENDING_LEAVE);
}
END_TEST

START_TEST(what_is_typed_ends_nothing_where_nothing_is_wrong)
{
	for (uint64_t at = 1000; at < 3000; at += 100)
		type(SIGINT, at);
	ck_assert_int_eq(turn(100000), ENDING_NONE);
	ck_assert(!ending_wants_files(&ending, 100000ull * MS));
}
END_TEST

START_TEST(what_is_typed_counts_where_something_hangs)
{
	type(SIGINT, 1000);
	add_hung(1, SEVERITY_WARNING, NULL);
	ck_assert_int_eq(turn(20000), ENDING_NONE);
	type(SIGINT, 30000);
	ck_assert_int_eq(turn(39000), ENDING_NONE);
	ck_assert_int_eq(turn(40000), ENDING_LEAVE);
	ck_assert_int_eq(ending.signal, SIGINT);
}
END_TEST

START_TEST(what_is_typed_twice_is_meant)
{
	add_hung(1, SEVERITY_WARNING, NULL);
	type(SIGINT, 1000);
	type(SIGINT, 3000);
	ck_assert_int_eq(turn(3000), ENDING_NONE);
	type(SIGINT, 4900);
	ck_assert_int_eq(ending.way, ENDING_LEAVE);
}
END_TEST

static enum ending_way kill_again(uint32_t serial)
{
	add_hung(serial, SEVERITY_ERROR, "killed");
	ending_note_action(&ending, &hung, "f");
	return ending.way;
}

START_TEST(kills_for_one_finding_are_bounded)
{
	ck_assert_int_eq(kill_again(1), ENDING_NONE);
	ck_assert_int_eq(kill_again(2), ENDING_NONE);
	ending_note_action(&ending, &hung, "another");
	ck_assert_int_eq(ending.way, ENDING_NONE);
	ck_assert_int_eq(kill_again(3), ENDING_KILL);
	ck_assert_str_eq(ending.reason, "3 kills for f: the program makes the same process again "
					"and again (--max-kills)");
}
END_TEST

START_TEST(kills_are_not_bounded_where_asked)
{
	options.max_kills = 0;
	for (uint32_t serial = 1; serial < 100; serial++)
		ck_assert_int_eq(kill_again(serial), ENDING_NONE);
}
END_TEST

START_TEST(one_is_enough_where_asked)
{
	options.on_deadlock = DEADLOCK_END_RUN;
	ck_assert_int_eq(kill_again(1), ENDING_KILL);
	ck_assert_str_eq(ending.reason, "a process hangs (--on-deadlock=end-run)");
}
END_TEST

/* This process has no children, so that nothing moves. */
static enum ending_way stand_still(uint64_t until_ms)
{
	for (uint64_t at = 1000; at < until_ms; at += 1000)
		turn(at);
	return turn(until_ms);
}

START_TEST(a_run_that_stands_still_is_ended)
{
	ck_assert_int_eq(stand_still(200000), ENDING_NONE);
	add_hung(1, SEVERITY_WARNING, NULL);
	ck_assert_int_eq(stand_still(200000), ENDING_NONE);
	add_hung(2, SEVERITY_ERROR, NULL);
	ck_assert_int_eq(stand_still(60000), ENDING_NONE);
	ck_assert_int_eq(turn(61000), ENDING_KILL);
	ck_assert_str_eq(ending.reason,
			 "nothing in it has moved for 60 s, and a process hangs (--end-after)");
}
END_TEST

static const struct options patient[] = {
	{.end_after_ms = 0},
	{.end_after_ms = 60000, .on_deadlock = DEADLOCK_WAIT},
	{.end_after_ms = 60000, .on_deadlock = DEADLOCK_STOP},
};

START_TEST(a_run_may_stand_still_where_asked)
{
	options = patient[_i];
	add_hung(1, SEVERITY_ERROR, NULL);
	ck_assert_int_eq(stand_still(500000), ENDING_NONE);
}
END_TEST

/* Stopped by Ctrl-Z, and the program with it. */
START_TEST(time_in_which_nobody_looked_does_not_count)
{
	add_hung(1, SEVERITY_ERROR, NULL);
	ck_assert_int_eq(stand_still(30000), ENDING_NONE);
	ck_assert_int_eq(turn(500000), ENDING_NONE);
	ck_assert_int_eq(turn(504000), ENDING_NONE);
}
END_TEST

/* The program is told to end; nobody else asked. */
START_TEST(what_stays_when_the_load_is_over_is_ended)
{
	ending_drive_over(&ending, (uint64_t)1000 * MS);
	ck_assert_int_eq(turn(10000), ENDING_NONE);
	ck_assert_int_eq(turn(11000), ENDING_KILL);
	ck_assert_ptr_nonnull(strstr(ending.reason, "--drive"));
}
END_TEST

Suite *ending_suite(void)
{
	Suite *suite = suite_create("ending");
	TCase *core = tcase_create("core");

	tcase_add_checked_fixture(core, setup, teardown);
	tcase_add_test(core, a_signal_gives_ten_seconds);
	tcase_add_test(core, a_second_signal_gives_none);
	tcase_add_test(core, signals_that_come_together_are_one);
	tcase_add_test(core, files_are_wanted_two_seconds_after_a_signal);
	tcase_add_loop_test(core, what_the_program_has_a_use_for_ends_nothing, 0, 3);
	tcase_add_test(core, it_counts_where_something_hangs);
	tcase_add_loop_test(core, sigterm_and_a_lost_terminal_always_count, 0, 2);
	tcase_add_test(core, what_is_typed_ends_nothing_where_nothing_is_wrong);
	tcase_add_test(core, what_is_typed_counts_where_something_hangs);
	tcase_add_test(core, what_is_typed_twice_is_meant);
	tcase_add_test(core, kills_for_one_finding_are_bounded);
	tcase_add_test(core, kills_are_not_bounded_where_asked);
	tcase_add_test(core, one_is_enough_where_asked);
	tcase_add_test(core, a_run_that_stands_still_is_ended);
	tcase_add_loop_test(core, a_run_may_stand_still_where_asked, 0, 3);
	tcase_add_test(core, time_in_which_nobody_looked_does_not_count);
	tcase_add_test(core, what_stays_when_the_load_is_over_is_ended);
	suite_add_tcase(suite, core);
	return suite;
}
