/*
 * Healthy processes that look as if they hung: somebody will end their wait whom nobody can
 * see yet, or they make progress in a way that is not looked for. Nothing may be done to any,
 * and nothing said. Their real twins are among the other tables.
 */
#include "../unit/suites.h"
#include "run.h"
#include "verdict.h"

/* Where the memory of every process can be asked for; where none may be made, here. */
#define NAMESPACE                                                                                  \
	"$(unshare -p -f --mount-proc true 2>/dev/null && echo unshare -p -f --mount-proc)"

/* Lost threads used it before, or the ones that have it wait for each other. */
#define LATE(object)                                                                               \
	{                                                                                          \
		.command = "late " object, .within = NAMESPACE, .verdict = CLEAN                   \
	}
#define SILENT(program)                                                                            \
	{                                                                                          \
		.command = program, .options = "--hang-after=1s", .verdict = CLEAN                 \
	}
#define CALM(program)                                                                              \
	{                                                                                          \
		.command = program, .verdict = CLEAN                                               \
	}

/* An orphaned lock beside work that goes on: said, and nobody is killed. */
#define WORKS(call)                                                                                \
	{                                                                                          \
		.command = "works " call, .verdict = GUILTY, .lock = "log_mutex", .action = "",    \
		.fork = "main@FORK", .acquired = "holder@HOLD", .child = "log_line@LOG",           \
		.program_status = 7                                                                \
	}

#define MEANT "/usr/bin/python3 -B $SCRIPTS/python-meant.py "

static const struct program_case cases[] = {
	LATE("semaphore"),
	LATE("posix"),
	LATE("file"),
	LATE("linked"),
	LATE("open"),
	LATE("system-v"),
	LATE("removed"),
	LATE("memfd"),
	SILENT("late semaphore alone"),
	SILENT("late linked alone"),
	SILENT("late open alone"),
	SILENT("late system-v alone"),
	SILENT("late memfd alone"),

	/* The time limit of a socket, and what the call returns then. */
	SILENT("expires recv"),
	SILENT("expires recv-inet"),
	SILENT("expires send"),
	WORKS("sem_wait"),
	WORKS("recv"),
	WORKS("epoll_wait"),
	WORKS("sigtimedwait"),
	WORKS("semtimedop"),
	WORKS("inotify"),

	/* Anybody may send a signal that is caught, and so may the kernel. */
	CALM("rung signals"),
	CALM("rung input"),
	CALM("rung message"),
	CALM("rung thread"),
	CALM("rung child"),
	CALM("rung thrown"),
	CALM(MEANT "ALRM"),
	CALM(MEANT "XCPU"),

	/* Memory that is another process', too. */
	CALM("together helper"),
	CALM("together helped"),
	CALM("together vfork"),
	SILENT("together file"),
	{.command = "together own",
	 .verdict = GUILTY,
	 .code = "FC002",
	 .waiting_in = "wait_for",
	 .missing = "together",
	 .action = "killed"},

	/* Held from outside. */
	SILENT("alive frozen"),
	SILENT("alive frozen-1"),

	SILENT("bucket refill"),
	SILENT("bucket process"),
	SILENT("beat"),
	SILENT("beat served"),

	/* What it waits for was made after the fork. */
	SILENT("meant semaphore"),
	SILENT("meant condition"),
	CALM("meant futex"),
	SILENT("meant thread"),
	SILENT("meant locked"),
	CALM(MEANT "event"),
	CALM("/usr/bin/python3 -B $SCRIPTS/python-loop.py"),
	SILENT(MEANT "lock"),
};

START_TEST(test_healthy)
{
	for (int i = run_repeats(); i > 0; i--)
		run_program_case(&cases[_i]);
}
END_TEST

Suite *healthy_suite(void)
{
	Suite *suite = suite_create("healthy");
	TCase *healthy = tcase_create("healthy");

	tcase_set_timeout(healthy, 60 * run_repeats());
	tcase_add_loop_test(healthy, test_healthy, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, healthy);
	return suite;
}
