/*
 * What parent and child both used of state that a fork copied: output (FC009),
 * random numbers (FC010). Beside each its twin that did not.
 */
#include "../unit/suites.h"
#include "run.h"
#include "verdict.h"

#define WRITTEN(mode)                                                                              \
	.command = "copied output " mode, .verdict = WARNED, .code = "FC009",                      \
	.fork = "output@FORK", .says = "5 bytes"
#define DRAWN(mode, from)                                                                          \
	.command = "copied numbers " mode, .verdict = WARNED, .code = "FC010",                     \
	.fork = "numbers@FORK_DRAW", .says = from
#define CALM(mode)                                                                                 \
	{                                                                                          \
		.command = "copied " mode, .verdict = CLEAN                                        \
	}
#define PYTHON(arguments)                                                                          \
	.command = "/usr/bin/python3 -B $SCRIPTS/python-copied.py " arguments,                     \
	.sources = "programs/python-copied.py programs/case.py"
/* The environment could have Python write all at once. */
#define BUFFERED(arguments)                                                                        \
	.command = "/usr/bin/python3 -EB $SCRIPTS/python-output.py " arguments " >/dev/null",      \
	.sources = "programs/python-output.py programs/case.py"
#define DUPLICATED(arguments) BUFFERED(arguments), .verdict = WARNED, .code = "FC009"

static const struct program_case cases[] = {
	{WRITTEN("exits"), .child = "write_in_child@EXIT"},
	{WRITTEN("flushes"), .child = "write_in_child@FLUSH"},
	{WRITTEN("flushes-all"), .child = "write_in_child@FLUSH_ALL"},
	{WRITTEN("closes"), .child = "write_in_child@CLOSE"},
	{WRITTEN("flushes-execs")},
	/* Written by stdio itself: found at the end, and before the exec. */
	{WRITTEN("overflows")},
	{WRITTEN("overflows-execs")},
	{WRITTEN("thread-exit"), .child = "write_in_child@EXIT"},
	{.command = "copied output stdout-exit >/dev/null",
	 .verdict = WARNED,
	 .code = "FC009",
	 .fork = "output@FORK"},
	{.command = "copied children",
	 .verdict = WARNED,
	 .code = "FC009",
	 .fork = "children@FORK_MANY",
	 .child = "children@CLOSE_MANY",
	 .parent = "children@CLOSE_LAST"},
	CALM("output ends"),
	CALM("output execs"),
	CALM("output flushed-exit"),
	CALM("output purges"),
	CALM("output redirects"),
	CALM("output parent-ends-exit"),

	{DRAWN("both", "rand() or random()"), .child = "draw@DRAW draw_in_child@CHILD_DRAW",
	 .parent = "draw@DRAW numbers@PARENT_DRAW"},
	{DRAWN("rand48", "drand48()"), .child = "draw48@DRAW48 draw_in_child@CHILD_DRAW48",
	 .parent = "draw48@DRAW48 numbers@PARENT_DRAW48"},
	CALM("numbers seeds"),
	CALM("numbers seeds48"),
	CALM("numbers own-state"),
	CALM("numbers parent-seeds"),
	CALM("numbers parent-idle"),
	CALM("numbers child-idle"),
	CALM("numbers never-seeded"),
	CALM("seeded-rounds"),

	{PYTHON("output writes"), .verdict = WARNED, .code = "FC009", .python_fork = "output@FORK",
	 .python_child = "write@WRITE output@CALL_WRITE"},
	{PYTHON("output ends"), .verdict = CLEAN},
	{PYTHON("output flushed"), .verdict = CLEAN},
	{DUPLICATED("standard ends"), .python_fork = "standard@FORK",
	 .says = "5 bytes that waited in Python's buffer of stdout"},
	{DUPLICATED("kept text"), .python_fork = "kept@FORK_KEPT", .python_child = "kept@CLOSE",
	 .says = "5 bytes that waited in Python's file of"},
	{DUPLICATED("kept binary"), .python_child = "kept@CLOSE", .says = "5 bytes"},
	{DUPLICATED("kept update"), .python_child = "kept@CLOSE", .says = "5 bytes"},
	{DUPLICATED("kept layers"), .python_child = "kept@CLOSE", .says = "5 bytes"},
	{DUPLICATED("kept pieces"), .python_child = "kept@CLOSE", .says = "5 bytes"},
	{DUPLICATED("kept long"), .python_child = "kept@CLOSE", .says = "5 bytes"},
	{DUPLICATED("kept frozen"), .python_child = "kept@CLOSE", .says = "5 bytes"},
	{DUPLICATED("old global"), .python_fork = "old@FORK_OLD", .python_child = "old@FLUSH_OLD"},
	{DUPLICATED("old local"), .python_child = "old@FLUSH_OLD"},
	{DUPLICATED("server 20"), .python_child = "kept@CLOSE"},
	{DUPLICATED("children all"), .python_fork = "children@FORK_MANY",
	 .python_child = "children@FLUSH"},
	{DUPLICATED("children last"), .python_child = "children@FLUSH"},
	{BUFFERED("children but-parent"), .verdict = CLEAN},
	{BUFFERED("standard flushes"), .verdict = CLEAN},
	{BUFFERED("standard leaves"), .verdict = CLEAN},
	{BUFFERED("standard execs"), .verdict = CLEAN},
	{BUFFERED("standard redirects"), .verdict = CLEAN},
	{BUFFERED("standard writes-itself"), .verdict = CLEAN},
	{BUFFERED("standard repeats"), .verdict = CLEAN},
	{BUFFERED("standard parent-leaves"), .verdict = CLEAN},
	{BUFFERED("process fork"), .verdict = CLEAN},
	{.command = "/usr/bin/python3 -EBu $SCRIPTS/python-output.py standard ends >/dev/null",
	 .verdict = CLEAN},
	{PYTHON("numbers draws"), .verdict = WARNED, .code = "FC010",
	 .python_fork = "numbers@FORK_DRAW", .python_child = "draw@DRAW numbers@CALL_DRAW"},
	{PYTHON("numbers seeds"), .verdict = CLEAN},
};

START_TEST(test_copied)
{
	for (int i = run_repeats(); i > 0; i--)
		run_program_case(&cases[_i]);
}
END_TEST

Suite *copied_suite(void)
{
	Suite *suite = suite_create("copied");
	TCase *copied = tcase_create("copied");

	tcase_set_timeout(copied, 20 * run_repeats());
	tcase_add_loop_test(copied, test_copied, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, copied);
	return suite;
}
