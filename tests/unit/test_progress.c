/* What counts as progress of a process that waits in slices, and what /proc says of one's own. */
#include "cli/hangs/child/progress.h"
#include "cli/process/descriptor_wait.h"
#include "suites.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000ull
#define TICK   10000000ull

static const struct {
	struct progress done; /* in ten seconds */
	bool is_made;
} cases[] = {
	/* Nothing; and waking up two hundred times, as C and an interpreter do. */
	{{0}, false},
	{{.switches = 200, .processor_ns = 1 * TICK}, false},
	{{.switches = 50, .processor_ns = 6 * TICK}, false},
	/* A byte, or a call that moved none. */
	{{.transfers = 1, .switches = 200}, true},
	/* More than a millisecond for each wait; much, however often it waits. */
	{{.switches = 10, .processor_ns = 4 * TICK}, true},
	{{.switches = 10000, .processor_ns = 30 * TICK}, true},
	{{.switches = 10000, .processor_ns = 20 * TICK}, false},
	/* Without a wait, the ticks of the clock alone. */
	{{.processor_ns = 2 * TICK}, false},
	{{.processor_ns = 3 * TICK}, true},
	/* Pages that it touches; a few, the kernel makes it. */
	{{.switches = 100, .faults = 64}, false},
	{{.switches = 100, .faults = 65}, true},
};

START_TEST(tells_work_from_waking_up)
{
	const struct progress before = {7, 5 * TICK, 11, 13};
	struct progress now = cases[_i].done;

	now.transfers += before.transfers;
	now.processor_ns += before.processor_ns;
	now.faults += before.faults;
	now.switches += before.switches;
	ck_assert_int_eq(progress_is_made(&before, &now, 10 * SECOND), cases[_i].is_made);
}
END_TEST

static struct process_look look;

static struct progress own_progress(uint32_t sent)
{
	struct progress progress;

	ck_assert(procfs_look(getpid(), &look));
	ck_assert(progress_read(getpid(), sent, &look, &progress));
	return progress;
}

START_TEST(sees_what_a_process_sends)
{
	struct progress before = own_progress(3), now = own_progress(4);

	/* To look is to read, too. */
	ck_assert_uint_gt(now.transfers, before.transfers);
	ck_assert(progress_is_made(&before, &now, SECOND));
}
END_TEST

START_TEST(sees_memory_that_is_touched)
{
	struct progress before = own_progress(0), now;
	size_t size = 200 * (size_t)sysconf(_SC_PAGESIZE);
	volatile char *memory = aligned_alloc((size_t)sysconf(_SC_PAGESIZE), size);

	ck_assert_ptr_nonnull((void *)memory);
	for (size_t i = 0; i < size; i++)
		memory[i] = 1;
	now = own_progress(0);
	ck_assert_uint_gt(now.faults, before.faults);
	free((void *)memory);
}
END_TEST

START_TEST(sees_waits_and_processor_time)
{
	const struct timespec pause = {0, 1000000};
	struct progress before = own_progress(0), now = before;

	for (int i = 0; i < 5; i++)
		nanosleep(&pause, NULL);
	now = own_progress(0);
	ck_assert_uint_ge(now.switches, before.switches + 5);
	for (int i = 0; i < 100000 && now.processor_ns == before.processor_ns; i++)
		now = own_progress(0);
	ck_assert_uint_gt(now.processor_ns, before.processor_ns);
}
END_TEST

START_TEST(knows_nothing_of_who_is_gone)
{
	struct progress progress;

	look.count = 0;
	ck_assert(!progress_read(INT32_MAX, 0, &look, &progress));
}
END_TEST

/* A call, and what it is: a sleep, or a wait for descriptors with a limit. */
static const struct {
	struct task_look task;
	bool is_sleep, is_for_descriptors;
} waits[] = {
	{{.in_call = true, .number = SYS_clock_nanosleep}, true, false},
	{{.in_call = false, .number = SYS_clock_nanosleep}, false, false},
	{{.in_call = true, .number = SYS_ppoll, .arguments = {0, 0, 8}}, true, false},
	{{.in_call = true, .number = SYS_ppoll, .arguments = {8, 1, 8}}, false, true},
	{{.in_call = true, .number = SYS_ppoll, .arguments = {8, 1, 0}}, false, false},
	{{.in_call = true, .number = SYS_pselect6, .arguments = {0, 0, 0, 0, 8}}, true, false},
	{{.in_call = true, .number = SYS_pselect6, .arguments = {4, 8, 0, 0, 8}}, false, true},
	{{.in_call = true, .number = SYS_epoll_pwait, .arguments = {3, 8, 1, 100}}, false, true},
	{{.in_call = true, .number = SYS_epoll_pwait, .arguments = {3, 8, 1, UINT32_MAX}},
	 false,
	 false},
	{{.in_call = true, .number = SYS_read, .arguments = {3, 8, 1}}, false, false},
};

START_TEST(knows_waits_that_have_a_limit)
{
	ck_assert_int_eq(procfs_is_sleep(&waits[_i].task), waits[_i].is_sleep);
	ck_assert_int_eq(procfs_is_timed_descriptor_wait(&waits[_i].task),
			 waits[_i].is_for_descriptors);
}
END_TEST

START_TEST(takes_a_day_for_no_limit)
{
	static const uint64_t limits[] = {0, 1000, 86399999, 86400000, INT32_MAX, UINT32_MAX};
	struct task_look task = {.in_call = true, .number = SYS_epoll_pwait};
	bool has_limit = _i < 3;

	task.arguments[3] = limits[_i];
	ck_assert_int_eq(procfs_is_timed_descriptor_wait(&task), has_limit);
	ck_assert_int_eq(descriptor_wait_is_untimed(&task), !has_limit);
}
END_TEST

Suite *progress_suite(void)
{
	Suite *suite = suite_create("progress");
	TCase *progress = tcase_create("progress");

	tcase_add_loop_test(progress, tells_work_from_waking_up, 0,
			    sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(progress, sees_what_a_process_sends);
	tcase_add_test(progress, sees_memory_that_is_touched);
	tcase_add_test(progress, sees_waits_and_processor_time);
	tcase_add_test(progress, knows_nothing_of_who_is_gone);
	tcase_add_loop_test(progress, knows_waits_that_have_a_limit, 0,
			    sizeof(waits) / sizeof(waits[0]));
	tcase_add_loop_test(progress, takes_a_day_for_no_limit, 0, 6);
	suite_add_tcase(suite, progress);
	return suite;
}
