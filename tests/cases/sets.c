/*
 * A child that waits by its parent's set of epoll, in which a connection is beside what a lost
 * thread would have told by. A peer may answer, so nothing is proven. Beside them stand the twins
 * whose peers are to answer, or to come: no hang is told of.
 */
#include "../unit/suites.h"
#include "run.h"
#include "verdict.h"

#define LIBRARY " $CASES/libexecutor.so"
#define SOURCES "libraries/libexecutor.c programs/sets.c"

#define HANGS(how)                                                                                 \
	.command = "sets " how " silent" LIBRARY, .options = "--hang-after=1s --end-after=1s",     \
	.verdict = FEARED, .missing = "libexecutor.so", .missing_count = 1, .fork = "main@FORK",   \
	.created = "executor_start@CREATE start@START", .sources = SOURCES,                        \
	.child = "executor_receive@RECEIVE wait_by_library@WAIT run_child@AWAIT main@CHILD",       \
	.waiting_in = "epoll_wait", .action = "", .program_status = ANY
/* What was given away is lost, and that is all. */
#define LOSES(how)                                                                                 \
	{                                                                                          \
		.command = "sets " how LIBRARY, .options = "--hang-after=1s", .action = "",        \
		.verdict = WARNED, .code = "FC013", .missing = "libexecutor.so",                   \
		.child = "executor_give@GIVE run_child@USE main@CHILD", .sources = SOURCES         \
	}
#define ENDS(how)                                                                                  \
	{                                                                                          \
		.command = "sets " how LIBRARY, .options = "--hang-after=1s", .action = "",        \
		.verdict = CLEAN                                                                   \
	}

static const struct program_case cases[] = {
	{HANGS("gives"), .says = "the child gave its work to them"},
	{HANGS("waits"), .kind = "eventfd", .gave = "execute@TELL",
	 .says = "a peer may yet send something"},
	ENDS("asks answers"),
	ENDS("waits comes"),
	ENDS("starts silent"),
	LOSES("gives comes"),
	LOSES("polls answers"),
};

START_TEST(test_sets)
{
	for (int i = run_repeats(); i > 0; i--)
		run_program_case(&cases[_i]);
}
END_TEST

Suite *sets_suite(void)
{
	Suite *suite = suite_create("sets");
	TCase *sets = tcase_create("sets");

	tcase_set_timeout(sets, 60 * run_repeats());
	tcase_add_loop_test(sets, test_sets, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, sets);
	return suite;
}
