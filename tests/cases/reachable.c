/*
 * FC004: runs in which nothing hangs, and another schedule would. One line is one test; what
 * keeps the thread away from the fork stands beside what does not.
 */
#include "../unit/suites.h"
#include "run.h"
#include "verdict.h"

#define BOTH "before this fork and after it"

#define REACHED(mode, name, taken_at, child_at, ...)                                               \
	{                                                                                          \
		.command = "reachable " mode " free", .verdict = PREDICTED, .lock = name,          \
		.row = name, .holder = "reachable", .creator = "forker",                           \
		.start_routine = "ticker", .used = BOTH, .acquired = taken_at " ticker@TICK",      \
		.created = "run@CREATE", .fork = "fork_and_work@FORK",                             \
		.child = child_at " work@CHILD", __VA_ARGS__                                       \
	}
/* Nothing is said of the same lock, thread and child where that stands between them. */
#define KEPT_APART(mode)                                                                           \
	{                                                                                          \
		.command = "reachable " mode, .verdict = CLEAN                                     \
	}

static const struct program_case cases[] = {
	REACHED("mutex", "tick_mutex", "use_mutex@MUTEX", "use_mutex@MUTEX",
		.headline_waits = "use_mutex@MUTEX", .headline_forked = "fork_and_work@FORK",
		.headline_who = "use_mutex@MUTEX", .cure = "take tick_mutex in a prepare handler",
		.says = "would wait for ever for tick_mutex if fork() came while the thread of "
			"ticker() is in use_mutex (reachable.c:"),
	REACHED("written", "tick_rwlock", "use_writer@WRITER", "use_reader@READER",
		.kind = "rwlock"),
	REACHED("read", "tick_rwlock", "use_reader@READER", "use_writer@WRITER", .kind = "rwlock"),
	REACHED("spin", "tick_spin", "use_spin@SPIN", "use_spin@SPIN", .kind = "spinlock"),
	REACHED("mtx", "tick_mtx", "use_mtx@MTX", "use_mtx@MTX", .kind = "mtx"),
	REACHED("semaphore", "tick_semaphore", "use_semaphore@SEMAPHORE", "use_semaphore@SEMAPHORE",
		.kind = "semaphore"),
	REACHED("zone", "time zone (tzset_lock)", "use_zone@ZONE", "use_zone@ZONE",
		.kind = "libc lock", .inside = "localtime_r"),
	KEPT_APART("readers free"),
	/* A handler for another lock, and an answer before the use. */
	{.command = "reachable mutex wrong",
	 .verdict = PREDICTED,
	 .lock = "tick_mutex",
	 .acquired = "use_mutex@MUTEX ticker@TICK"},
	{.command = "reachable mutex answered",
	 .verdict = PREDICTED,
	 .lock = "tick_mutex",
	 .acquired = "use_mutex@MUTEX clerk@BOOK"},
	KEPT_APART("mutex handlers"),
	KEPT_APART("mutex anew"),
	KEPT_APART("mutex tries"),
	KEPT_APART("mutex execs"),
	KEPT_APART("mutex later"),
	KEPT_APART("mutex joined"),
	KEPT_APART("mutex asked"),
	KEPT_APART("mutex gated"),
	/* It may be done with the lock; it may look at the flag before it takes the lock. */
	{.command = "reachable mutex once",
	 .verdict = IMAGINED,
	 .lock = "tick_mutex",
	 .used = "before this fork",
	 .says = "was not seen to come back"},
	{.command = "reachable mutex polled",
	 .verdict = IMAGINED,
	 .lock = "tick_mutex",
	 .says = "polls for something"},
};

START_TEST(test_reachable)
{
	for (int i = run_repeats(); i > 0; i--)
		run_program_case(&cases[_i]);
}
END_TEST

Suite *reachable_suite(void)
{
	Suite *suite = suite_create("reachable");
	TCase *programs = tcase_create("programs");

	tcase_set_timeout(programs, 70.0 * run_repeats());
	tcase_add_loop_test(programs, test_reachable, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, programs);
	return suite;
}
