/*
 * What counts as a sign of life: children of this process that read, compute,
 * look around, are held, come and go. The clock is the test's own; what a child
 * does between two looks takes real time.
 */
#include "cli/run/movement.h"
#include "support.h"
#include <check.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

Suite *movement_suite(void);

#define SECOND 1000000000u

static struct movement movement;
static struct hung_list hung;
static uint64_t now, births;

static void teardown(void)
{
	movement_release(&movement);
	hung_release(&hung);
}

/* A second later, and as long as it takes for something to be seen. */
static uint64_t look(void)
{
	usleep(150000);
	now += SECOND;
	return movement_still_ns(&movement, &hung, births, now);
}

/* For so many seconds of its clock nothing is seen to move. */
static void expect_still(int seconds)
{
	look();
	/* It may have been on its way to where it waits. */
	look();
	for (int i = 0; i < seconds; i++)
		look();
	ck_assert_uint_ge(look(), (uint64_t)seconds * SECOND);
}

static void expect_moving(void)
{
	int moved = 0;

	look();
	look();
	/* Others may have the processor for a while. */
	for (int i = 0; i < 200 && moved < 4; i++)
		moved += look() == 0;
	ck_assert_int_eq(moved, 4);
}

static void look_around(void *nothing)
{
	const struct timespec pause = {0, 100000000};

	(void)nothing;
	for (;;)
		nanosleep(&pause, NULL);
}

static void read_zeroes(void *nothing)
{
	const struct timespec pause = {0, 20000000};
	char zero;
	int ends[2];

	(void)nothing;
	if (pipe(ends))
		_exit(1);
	for (;;) {
		if (write(ends[1], "", 1) != 1 || read(ends[0], &zero, 1) != 1)
			_exit(1);
		nanosleep(&pause, NULL);
	}
}

static void note_error(pid_t child)
{
	const struct finding finding = {.severity = SEVERITY_ERROR, .fingerprint = "f"};
	struct hang hang = {.serial = 1, .pid = child};

	hang.process = (int)syscall(SYS_pidfd_open, child, 0);
	ck_assert_ptr_nonnull(hung_note(&hung, &hang, child, &finding));
	close(hang.process);
}

START_TEST(waiting_is_standing_still)
{
	int threads = 2;
	pid_t child = support_child(support_wait, &threads);

	expect_still(5);
	support_end_child(child);
}
END_TEST

START_TEST(looking_around_is_standing_still)
{
	pid_t child = support_child(look_around, NULL);

	expect_still(5);
	support_end_child(child);
}
END_TEST

START_TEST(reading_and_writing_is_moving)
{
	pid_t child = support_child(read_zeroes, NULL);

	expect_moving();
	support_end_child(child);
}
END_TEST

START_TEST(computing_is_moving)
{
	pid_t child = support_child(support_spin, NULL);

	expect_moving();
	support_end_child(child);
}
END_TEST

/* A person or a debugger has it: that it stands still is no news. */
START_TEST(what_is_held_counts_as_moving)
{
	int threads = 1;
	pid_t child = support_child(support_wait, &threads);

	ck_assert_int_eq(kill(child, SIGSTOP), 0);
	expect_moving();
	support_end_child(child);
}
END_TEST

START_TEST(coming_and_going_is_moving)
{
	int threads = 1;
	pid_t child;

	expect_still(3);
	child = support_child(support_wait, &threads);
	ck_assert_uint_eq(look(), 0);
	expect_still(3);
	support_end_child(child);
	ck_assert_uint_eq(look(), 0);
	/* Too short-lived to be seen. */
	births++;
	ck_assert_uint_eq(look(), 0);
}
END_TEST

START_TEST(who_is_in_error_does_not_count)
{
	pid_t child = support_child(support_spin, NULL);

	note_error(child);
	expect_still(5);
	ck_assert(hung_is_in_error(&hung, child));
	support_end_child(child);
	/* Whoever gets the number now is another one. */
	ck_assert(!hung_is_in_error(&hung, child));
}
END_TEST

START_TEST(who_provably_hangs_is_killed)
{
	int status, threads = 1;
	pid_t child = support_child(support_wait, &threads);

	note_error(child);
	hung.list[0].certainty = CERTAINTY_SUSPECTED;
	hung_kill_proven(&hung);
	ck_assert_int_eq(waitpid(child, &status, WNOHANG), 0);
	hung.list[0].certainty = CERTAINTY_PROVEN;
	hung_kill_proven(&hung);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFSIGNALED(status));
}
END_TEST

Suite *movement_suite(void)
{
	Suite *suite = suite_create("movement");
	TCase *core = tcase_create("core");

	tcase_set_timeout(core, 60);
	tcase_add_checked_fixture(core, NULL, teardown);
	tcase_add_test(core, waiting_is_standing_still);
	tcase_add_test(core, looking_around_is_standing_still);
	tcase_add_test(core, reading_and_writing_is_moving);
	tcase_add_test(core, computing_is_moving);
	tcase_add_test(core, what_is_held_counts_as_moving);
	tcase_add_test(core, coming_and_going_is_moving);
	tcase_add_test(core, who_is_in_error_does_not_count);
	tcase_add_test(core, who_provably_hangs_is_killed);
	suite_add_tcase(suite, core);
	return suite;
}
