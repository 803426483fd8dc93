/*
 * Children that wait in slices for a thread that they do not have, and their safe twins: those
 * that have one, and workers that pass their time in slices.
 */
#include "../unit/suites.h"
#include "run.h"
#include "verdict.h"

#define OPTIONS .options = "--hang-after=1s", .action = ""
#define LIBRARY " $CASES/libslices.so"
#define SOURCES "libraries/libslices.c programs/slices.c"

/* A library's loop: an error, and the run ends. */
#define LOST(way)                                                                                  \
	{                                                                                          \
		.command = "slices lost " way LIBRARY,                                             \
		.options = "--hang-after=1s --end-after=1s", .action = "", .verdict = FEARED,      \
		.missing = "libslices.so", .missing_count = 1, .says = "again and again",          \
		.fork = "main@FORK", .created = "make@CREATE", .sources = SOURCES,                 \
		.program_status = ANY                                                              \
	}
/* The program's own may do work that nobody sees. */
#define OWN(way)                                                                                   \
	{                                                                                          \
		.command = "slices lost " way, OPTIONS, .verdict = SUSPECTED, .missing = "slices", \
		.says = "again and again", .program_status = 7                                     \
	}
#define RENEWED(way)                                                                               \
	{                                                                                          \
		.command = "slices renewed " way LIBRARY, OPTIONS, .verdict = CLEAN                \
	}
#define RENEWED_OWN(way)                                                                           \
	{                                                                                          \
		.command = "slices renewed " way, OPTIONS, .verdict = CLEAN                        \
	}
#define WORKER(kind)                                                                               \
	{                                                                                          \
		.command = "slices lost " kind LIBRARY, OPTIONS, .verdict = CLEAN                  \
	}

static const struct program_case cases[] = {
	LOST("condition"),
	LOST("clock"),
	LOST("semaphore"),
	LOST("poll"),
	LOST("nanosleep"),
	LOST("usleep"),
	LOST("epoll"),
	OWN("condition"),
	OWN("clock"),
	OWN("semaphore"),
	/* A loop of its own that sleeps: any program has one. */
	{.command = "slices lost poll", OPTIONS, .verdict = CLEAN, .program_status = 7},
	{.command = "slices lost nanosleep", OPTIONS, .verdict = CLEAN, .program_status = 7},
	{.command = "slices lost epoll", OPTIONS, .verdict = CLEAN, .program_status = 7},

	RENEWED("condition"),
	RENEWED("semaphore"),
	RENEWED("poll"),
	RENEWED("nanosleep"),
	RENEWED("epoll"),
	RENEWED_OWN("condition"),
	RENEWED_OWN("semaphore"),
	RENEWED_OWN("poll"),

	WORKER("jobs"),
	WORKER("ticks"),
	WORKER("work"),
	WORKER("counting"),

	/* std::condition_variable, and a thread of the child's own. */
	{.command = "slices-cpp lost",
	 OPTIONS,
	 .verdict = SUSPECTED,
	 .missing = "slices-cpp",
	 .program_status = 7},
	{.command = "slices-cpp renewed", OPTIONS, .verdict = CLEAN},
};

START_TEST(test_slices)
{
	for (int i = run_repeats(); i > 0; i--)
		run_program_case(&cases[_i]);
}
END_TEST

Suite *slices_suite(void)
{
	Suite *suite = suite_create("slices");
	TCase *slices = tcase_create("slices");

	tcase_set_timeout(slices, 60 * run_repeats());
	tcase_add_loop_test(slices, test_slices, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, slices);
	return suite;
}
