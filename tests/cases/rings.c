/*
 * Processes that wait for each other, beside twins that look the same for three
 * seconds and then go on.
 */
#include "../unit/suites.h"
#include "run.h"
#include "verdict.h"

#define RING(program, function)                                                                    \
	.command = program, .verdict = GUILTY, .code = "FC011", .action = "killed",                \
	.waiting_in = function

static const struct program_case cases[] = {
	{RING("rings full", "write"), .fork = "full@FORK_FULL",
	 .child = "write_much@WRITE full@FULL", .says = "wait for each other"},
	{RING("rings full-thread", "write"), .child = "write_much@WRITE writer@THREAD"},
	{RING("rings reads", "read"), .fork = "reads@FORK_OTHER",
	 .child = "read_and_answer@READ reads@OTHER", .program_status = ANY},
	{RING("rings sockets", "recv"), .child = "sockets@RECEIVE", .program_status = ANY},
	{RING("rings locks", "flock"), .child = "lock_both@FLOCK locks@LOCKS"},
	{RING("rings shared", "sem_wait"), .child = "shared@SEMAPHORE",
	 .via = "a futex in shared memory"},
	{RING("/usr/bin/python3 $SCRIPTS/feeder.py joined", NULL), .python_awaited = "main@JOIN",
	 .headline_waits = "main@JOIN", .sources = "programs/feeder.py"},

	/* Who is in the middle of a write is not held: which thread of Python's it is, is known. */
	{RING("/usr/bin/python3 $SCRIPTS/python-writer.py", NULL), .python_awaiting = "fill@WRITE",
	 .python_awaited = "main@JOIN", .sources = "programs/python-writer.py"},

	/* A mutex that processes share, and whose owner was killed. */
	{.command = "rings owner-killed",
	 .verdict = GUILTY,
	 .code = "FC012",
	 .action = "killed",
	 .waiting_in = "pthread_mutex_lock",
	 .fork = "owner@FORK_WAITER",
	 .child = "owner@MUTEX",
	 .sender = "owner@KILL",
	 .says = "was ended by SIGKILL, which process"},
	{.command = "rings owner-killed-robust", .verdict = CLEAN},
	{.command = "rings owner-late", .verdict = CLEAN},

	{.command = "rings full-slow", .verdict = CLEAN},
	{.command = "rings full-handler", .verdict = CLEAN},
	{.command = "rings full-handler",
	 .options = "--hang-after=1s",
	 .verdict = SUSPECTED,
	 .code = "FC011",
	 .says = "SIGUSR1",
	 .action = ""},
	{.command = "rings reads-served", .verdict = CLEAN},
	{.command = "rings sockets-answered", .verdict = CLEAN},
	{.command = "rings locks-late", .verdict = CLEAN},
	{.command = "rings shared-posted", .verdict = CLEAN},
	{.command = "rings outside", .verdict = CLEAN},
	{.command = "rings full-outside", .verdict = CLEAN},
	{.command = "python3 $SCRIPTS/feeder.py got", .verdict = CLEAN},
	/* A pipeline that waits for its input. */
	{.command = "sh -c 'sleep 3 | cat | cat'", .verdict = CLEAN},
};

START_TEST(test_ring)
{
	for (int i = run_repeats(); i > 0; i--)
		run_program_case(&cases[_i]);
}
END_TEST

Suite *rings_suite(void)
{
	Suite *suite = suite_create("rings");
	TCase *rings = tcase_create("rings");

	tcase_set_timeout(rings, 60 * run_repeats());
	tcase_add_loop_test(rings, test_ring, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, rings);
	return suite;
}
