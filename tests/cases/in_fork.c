/*
 * fork() that does not return: what it waits for, who has that, and where that one stands; beside
 * twins with the cure that is printed, which must stay silent.
 */
#include "../unit/suites.h"
#include "run.h"
#include "verdict.h"

#define STUCK(program)                                                                             \
	.command = program, .verdict = GUILTY, .code = "FC007", .action = "killed",                \
	.program_status = ANY

#define IN_SIGNAL(what, lock_name, interrupted, line)                                              \
	{                                                                                          \
		STUCK("fork-signal " what), .lock = lock_name, .kind = "libc lock",                \
					    .inside = interrupted, .fork = "on_profile@FORK",      \
					    .acquired = "work_" what "@" line,                     \
					    .says = "it was called in a signal "                   \
						    "handler, on_profile",                         \
					    .cure = "_Fork()"                                      \
	}

#define BESIDE_FLUSH(mode, words, mark)                                                            \
	.command = "fork-streams " mode, .options = "--hang-after=2s", .verdict = SUSPECTED,       \
	.code = "FC007", .lock = "list of streams", .kind = "libc lock", .inside = "fflush",       \
	.fork = "start_helper@FORK main@CALL", .acquired = "flush@FLUSH",                          \
	.created = "main@CREATE", .child = "start_helper@FORK main@CALL", .blocked_on = words,     \
	.blocked = "flush@FLUSH", .blocked_last = mark, .cure = "posix_spawn()",                   \
	.program_status = 42

#define PYTHON "/usr/bin/python3 -B $SCRIPTS/python-hook.py "

static const struct program_case cases[] = {
	/* In a signal handler: the interrupted code has what fork() takes. */
	IN_SIGNAL("realloc", "malloc", "realloc", "REALLOC"),
	{STUCK("fork-signal fopen"), .fork = "on_profile@FORK", .says = "of the same thread holds"},
	{STUCK("fork-signal malloc"), .lock = "malloc", .kind = "libc lock",
	 .fork = "on_profile@FORK", .says = "of the same thread holds", .cure = "_Fork()"},
	{STUCK("fork-signal lock"), .lock = "log_mutex", .fork = "on_profile@FORK",
	 .acquired = "work_lock@LOCK", .child = "prepare@PREPARE on_profile@FORK",
	 .handler = "prepare", .says = "the interrupted code of the same thread holds",
	 .cure = "_Fork()"},
	{.command = "fork-signal lock cured", .verdict = NOT_GUILTY},
	{.command = "fork-signal malloc cured", .verdict = CLEAN},
	{.command = "fork-signal fopen cured", .verdict = CLEAN},

	/* The list of streams. Who reads might yet go on. */
	{BESIDE_FLUSH("reader", "the stream of descriptor 20", "read_stream@READ")},
	{BESIDE_FLUSH("locked", "the stream of descriptor 20", "lock_stream@KEEP")},
	{BESIDE_FLUSH("output", "the stream stdout", "lock_stream@KEEP")},
	{.command = "fork-streams cured", .options = "--hang-after=2s", .verdict = CLEAN},

	/* The forking thread has it. */
	{STUCK("fork-locks itself"), .lock = "first_mutex", .fork = "start_helper@FORK",
	 .acquired = "with_own@OWN", .child = "prepare_first@PREPARE_FIRST start_helper@FORK",
	 .handler = "prepare_first", .says = "the forking thread itself holds",
	 .cure = "release first_mutex"},
	{.command = "fork-locks itself-s", .verdict = CLEAN},
	{.command = "fork-locks try",
	 .options = "--hang-after=2s",
	 .verdict = FEARED,
	 .code = "FC007",
	 .lock = "first_mutex",
	 .fork = "start_helper@FORK",
	 .acquired = "with_own@OWN",
	 .child = "try_first@TRY start_helper@FORK",
	 .handler = "try_first",
	 .says = "tries for first_mutex without end",
	 .program_status = ANY},
	{.command = "fork-locks try-s", .options = "--hang-after=2s", .verdict = CLEAN},
	{STUCK("fork-locks read"), .lock = "table_lock", .kind = "rwlock",
	 .acquired = "with_own@OWN_READ", .child = "write_table@PREPARE_TABLE",
	 .handler = "write_table"},
	{.command = "fork-locks read-s", .verdict = CLEAN},
	{.command = "fork-mutex hang",
	 .verdict = GUILTY,
	 .code = "FC007",
	 .child = "prepare@PREPARE load_plugin@FORK load_all@CALL",
	 .acquired = "load_all@HOLD",
	 .handler = "prepare",
	 .sources = "programs/fork-mutex.cpp",
	 .program_status = ANY},
	{.command = "fork-mutex released", .verdict = CLEAN},

	/* Another thread has it. */
	{STUCK("fork-locks order"), .lock = "first_mutex", .start_routine = "take_both",
	 .acquired = "take_both@TAKE_FIRST", .created = "start@CREATE",
	 .child = "prepare_first@PREPARE_FIRST start_helper@FORK", .handler = "prepare_first",
	 .blocked_on = "second_mutex", .blocked = "take_both@TAKE_SECOND",
	 .says = "an earlier prepare handler of this fork() took second_mutex",
	 .cure = "register those for first_mutex after those for second_mutex"},
	{.command = "fork-locks order-s", .verdict = CLEAN},
	{STUCK("fork-locks held"), .lock = "first_mutex", .acquired = "take_first@HELD_FIRST",
	 .blocked_on = "second_mutex", .blocked = "take_first@NEED_SECOND",
	 .cure = "release second_mutex before calling fork()"},
	{.command = "fork-locks held-s", .verdict = CLEAN},
	{STUCK("fork-locks rwlock"), .lock = "table_lock", .kind = "rwlock",
	 .acquired = "change_table@CHANGE_TABLE", .blocked_on = "second_mutex",
	 .blocked = "change_table@WRITER_NEEDS"},
	{.command = "fork-locks rwlock-s", .verdict = CLEAN},
	{STUCK("fork-locks semaphore"), .lock = "permit", .kind = "semaphore",
	 .took = "hold_permit@TAKE_PERMIT", .child = "take_permit@PREPARE_PERMIT",
	 .blocked_on = "second_mutex", .blocked = "hold_permit@HOLDER_NEEDS", .says = "took last"},
	{.command = "fork-locks semaphore-s", .verdict = CLEAN},
	/* A hook of Python's: fork() itself is not entered yet. */
	{STUCK(PYTHON "own"), .python_fork = "start_helper@FORK main@CALL",
	 .python_child = "wait_for_worker@ACQUIRE start_helper@FORK main@CALL",
	 .handler = "wait_for_worker", .says = "which the forking thread itself took last",
	 .cure = "subprocess", .sources = "programs/python-hook.py"},
	{STUCK(PYTHON "other"), .python_fork = "start_helper@FORK main@CALL",
	 .python_child = "wait_for_worker@ACQUIRE start_helper@FORK main@CALL",
	 .handler = "wait_for_worker", .says = "the forking thread held when it called fork()",
	 .sources = "programs/python-hook.py"},
	{.command = PYTHON "released", .verdict = CLEAN},
	{.command = PYTHON "spawned", .verdict = CLEAN},
	{.command = PYTHON "slow", .options = "--hang-after=3s", .verdict = CLEAN},

	{.command = "fork-locks slow", .options = "--hang-after=1s", .verdict = NOT_GUILTY},
	{.command = "fork-locks slow", .verdict = CLEAN},
};

START_TEST(judges_a_fork_that_does_not_return)
{
	for (int i = run_repeats(); i > 0; i--)
		run_program_case(&cases[_i]);
}
END_TEST

Suite *in_fork_suite(void);

Suite *in_fork_suite(void)
{
	Suite *suite = suite_create("in_fork");
	TCase *programs = tcase_create("programs");

	tcase_set_timeout(programs, 60 * run_repeats());
	tcase_add_loop_test(programs, judges_a_fork_that_does_not_return, 0,
			    (int)(sizeof(cases) / sizeof(*cases)));
	suite_add_tcase(suite, programs);
	return suite;
}
