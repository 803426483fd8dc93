/*
 * Children that have threads of their own: whom these lock out, which of them stand still for
 * lost threads, and which work on.
 */
#include "../unit/suites.h"
#include "run.h"
#include "verdict.h"

/* A deadlock of the child's own: nothing is said about lost threads. */
#define OWN(program)                                                                               \
	{                                                                                          \
		.command = program, .options = "--hang-after=1s", .verdict = WARNED,               \
		.code = "FC017", .action = "", .program_status = 42                                \
	}
#define PYTHON_OWN(how) OWN("/usr/bin/python3 -B $SCRIPTS/python-lockout.py " how)
/* Who has it is not known for sure. */
#define UNCERTAIN(program)                                                                         \
	{                                                                                          \
		.command = program, .options = "--hang-after=1s", .verdict = CLEAN,                \
		.program_status = 42                                                               \
	}

/* With a handler of SIGTERM that no such wait is ended by. */
#define HOLDER(what, object, ...)                                                                  \
	{                                                                                          \
		.command = "beside " what, .verdict = GUILTY, .lock = object, .holder = "beside",  \
		.start_routine = "serve", .fork = "main@FORK", .created = "main@CREATE",           \
		__VA_ARGS__                                                                        \
	}
#define SERVER(what, function, ...)                                                                \
	{                                                                                          \
		.command = "beside " what, .verdict = GUILTY, .code = "FC002",                     \
		.missing = "beside", .missing_count = 1, .waiting_in = function,                   \
		.fork = "main@FORK", .created = "main@CREATE", __VA_ARGS__                         \
	}

static const struct program_case cases[] = {
	OWN("lockout mutex"),
	OWN("lockout semaphore"),
	OWN("lockout rwlock"),
	OWN("lockout mtx"),
	OWN("lockout crossed"),
	UNCERTAIN("lockout recursive"),
	OWN("lockout join"),
	PYTHON_OWN("lock"),
	UNCERTAIN("/usr/bin/python3 -B $SCRIPTS/python-lockout.py rlock"),

	HOLDER("rwlock none", "table", .kind = "rwlock", .child = "wait_for_table@TABLE",
	       .acquired = "serve@WRITE", .action = "killed"),
	HOLDER("mutex join", "mutex",
	       .child = "wait_for_mutex@MUTEX call@CALLED wait_in_thread@THREAD",
	       .acquired = "serve@HOLD", .action = "killed"),
	HOLDER("mutex first", "mutex",
	       .child = "wait_for_mutex@MUTEX call@CALLED work@FIRST main@CHILD",
	       .acquired = "serve@HOLD", .action = "killed"),
	/* It may have work to do: that one of its threads is stuck is said, and no more. */
	HOLDER("mutex epoll", "mutex", .child = "wait_for_mutex@MUTEX", .action = "",
	       .program_status = 42),
	HOLDER("mutex read", "mutex", .child = "wait_for_mutex@MUTEX", .action = "",
	       .program_status = 42),
	HOLDER("mutex sleep", "mutex", .child = "wait_for_mutex@MUTEX", .action = "",
	       .program_status = 42),

	SERVER("condition none", "pthread_cond_wait", .child = "wait_for_change@CHANGE",
	       .action = "killed"),
	SERVER("condition join", "pthread_cond_wait",
	       .child = "wait_for_change@CHANGE call@CALLED wait_in_thread@THREAD",
	       .action = "killed"),
	/* Judged again when its worker has ended. */
	SERVER("condition first", "pthread_cond_wait", .child = "wait_for_change@CHANGE",
	       .action = "killed"),
	SERVER("barrier none", "pthread_barrier_wait", .child = "wait_at_meeting@MEETING",
	       .action = "killed"),
	/* This wait the handler may end. */
	{.command = "beside semaphore none",
	 .options = "--hang-after=1s",
	 .verdict = FEARED,
	 .missing = "beside",
	 .says = "SIGTERM",
	 .action = "",
	 .program_status = 42},
	/* It may do what they did. */
	{.command = "beside condition epoll",
	 .options = "--hang-after=1s",
	 .verdict = SUSPECTED,
	 .missing = "beside",
	 .child = "wait_for_change@CHANGE",
	 .action = "",
	 .program_status = 42},
	{.command = "beside condition served", .verdict = CLEAN},
	{.command = "beside barrier served", .verdict = CLEAN},
	{.command = "beside semaphore served", .verdict = CLEAN},
	{.command = "beside join served", .verdict = CLEAN},
};

START_TEST(test_beside)
{
	for (int i = run_repeats(); i > 0; i--)
		run_program_case(&cases[_i]);
}
END_TEST

Suite *beside_suite(void)
{
	Suite *suite = suite_create("beside");
	TCase *beside = tcase_create("beside");

	tcase_set_timeout(beside, 60 * run_repeats());
	tcase_add_loop_test(beside, test_beside, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, beside);
	return suite;
}
