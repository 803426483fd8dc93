/*
 * Semaphores that processes use as a lock, and whose taker has ended, beside
 * twins in which somebody posts late.
 */
#include "../unit/suites.h"
#include "run.h"
#include "verdict.h"

#define TAKEN(program)                                                                             \
	.command = program, .verdict = GUILTY, .code = "FC012", .action = "killed",                \
	.waiting_in = "sem_wait", .acquired = "take@TAKE lose_one@LOST"

#define PYTHON(arguments) .command = "/usr/bin/python3 -B $SCRIPTS/python-taker.py " arguments

static const struct program_case cases[] = {
	{TAKEN("taker killed"), .fork = "start_waiter@FORK_WAITER", .child = "start_waiter@WAIT",
	 .says = "took it once more", .sender = "lose_one@KILL run@LOSE"},
	{TAKEN("taker named"), .child = "start_waiter@WAIT"},
	{TAKEN("taker ended"), .child = "start_waiter@WAIT", .says = "which took it, has ended."},
	/* One semaphore, one finding, whoever waits. */
	{TAKEN("taker several")},
	{TAKEN("taker alone"), .child = "run@ALONE"},
	/* Its parent goes on: it might post. */
	{.command = "taker beside", .verdict = CLEAN, .program_status = 42},
	{.command = "taker beside",
	 .options = "--hang-after=1s",
	 .verdict = SUSPECTED,
	 .code = "FC012",
	 .acquired = "take@TAKE lose_one@LOST",
	 .says = "could post it",
	 .action = "",
	 .program_status = 42},
	{.command = "taker reset", .options = "--hang-after=1s", .verdict = CLEAN},
	{.command = "taker late", .options = "--hang-after=1s", .verdict = CLEAN},
	{.command = "taker queue", .options = "--hang-after=1s", .verdict = CLEAN},
	{.command = "taker permits", .options = "--hang-after=1s", .verdict = CLEAN},

	/* multiprocessing.Lock */
	{PYTHON("fork"), .verdict = GUILTY, .code = "FC012", .action = "killed",
	 .waiting_in = "sem_wait", .python_fork = "main@START", .python_child = "add@ADD",
	 .python_holder = "hold@HOLD", .sources = "programs/python-taker.py",
	 .python_sender = "main@TERMINATE", .says = "was ended by SIGTERM"},
	{PYTHON("spawn"), .verdict = GUILTY, .code = "FC012", .action = "killed",
	 .waiting_in = "sem_wait", .python_child = "add@ADD", .python_holder = "hold@HOLD",
	 .sources = "programs/python-taker.py"},
	{PYTHON("fork released"), .options = "--hang-after=1s", .verdict = CLEAN},
	{PYTHON("spawn released"), .options = "--hang-after=1s", .verdict = CLEAN},
};

START_TEST(test_taker)
{
	for (int i = run_repeats(); i > 0; i--)
		run_program_case(&cases[_i]);
}
END_TEST

Suite *takers_suite(void)
{
	Suite *suite = suite_create("takers");
	TCase *takers = tcase_create("takers");

	tcase_set_timeout(takers, 60 * run_repeats());
	tcase_add_loop_test(takers, test_taker, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, takers);
	return suite;
}
