/*
 * Objects for one process in memory that processes share by a fork: who waits is never woken.
 * Beside twins that are made for several, or that one process alone uses.
 */
#include "../unit/suites.h"
#include "run.h"
#include "verdict.h"

#define PRIVATE(what, how, ...)                                                                    \
	{                                                                                          \
		.command = "private-objects " what " " how, .verdict = GUILTY, .code = "FC016",    \
		.action = "killed", __VA_ARGS__                                                    \
	}
#define BY_CHILD(what, of_kind, called, line)                                                      \
	PRIVATE(what, "child", .kind = of_kind, .waiting_in = called, .fork = "run_child@FORK",    \
		.child = what "_wait@" line " work@ASK run_child@CHILD",                           \
		.says = "shares with its parent")
#define ENDS(what, how)                                                                            \
	{                                                                                          \
		.command = "private-objects " what " " how, .options = "--hang-after=1s",          \
		.verdict = CLEAN                                                                   \
	}

static const struct program_case cases[] = {
	BY_CHILD("semaphore", "semaphore", "sem_wait", "SEMAPHORE"),
	BY_CHILD("mutex", "mutex", "pthread_mutex_lock", "MUTEX"),
	BY_CHILD("rwlock", "rwlock", "pthread_rwlock_wrlock", "RWLOCK"),
	BY_CHILD("barrier", "barrier", "pthread_barrier_wait", "BARRIER"),
	BY_CHILD("condition", "condition variable", "pthread_cond_wait", "CONDITION"),
	/* Its value is what it was when the child came to wait. */
	PRIVATE("retaken", "child", .kind = "semaphore", .waiting_in = "sem_wait",
		.fork = "run_child@FORK", .says = "shares with its parent",
		.child = "semaphore_wait@SEMAPHORE work@ASK run_child@CHILD"),
	BY_CHILD("token", "semaphore", "sem_wait", "TOKEN"),
	PRIVATE("retaken", "parent", .kind = "semaphore", .says = "shares with its child"),
	PRIVATE("semaphore", "named", .kind = "semaphore", .fork = "run_child@FORK"),
	/* It lacks a thread, which has no part in this. */
	PRIVATE("semaphore", "threads", .kind = "semaphore", .fork = "run_child@FORK"),
	PRIVATE("barrier", "threads", .kind = "barrier"),
	PRIVATE("semaphore", "sibling", .kind = "semaphore", .fork = "run_siblings@FORK_SIBLING"),
	PRIVATE("condition", "sibling", .kind = "condition variable"),
	PRIVATE("semaphore", "grandchild", .kind = "semaphore"),
	PRIVATE("semaphore", "parent", .kind = "semaphore", .says = "shares with its child",
		.child = "semaphore_wait@SEMAPHORE run_parent@PARENT"),
	/* A handler may end the wait, and it looks again. */
	/* It has had all that was posted, and may be meant to wait so to its end. */
	{.command = "private-objects served child",
	 .options = "--hang-after=1s",
	 .verdict = CLEAN,
	 .program_status = 143},
	{.command = "private-objects semaphore caught",
	 .options = "--hang-after=1s",
	 .verdict = FEARED,
	 .code = "FC016",
	 .kind = "semaphore",
	 .says = "SIGUSR1 is caught",
	 .action = "",
	 .program_status = 42},

	ENDS("semaphore", "shared"),
	ENDS("mutex", "shared"),
	ENDS("rwlock", "shared"),
	ENDS("barrier", "shared"),
	ENDS("condition", "shared"),
	ENDS("token", "shared"),
	ENDS("semaphore", "alone"),
	ENDS("barrier", "alone"),
	ENDS("condition", "alone"),
};

START_TEST(test_private)
{
	for (int i = run_repeats(); i > 0; i--)
		run_program_case(&cases[_i]);
}
END_TEST

Suite *private_suite(void)
{
	Suite *suite = suite_create("private");
	TCase *private = tcase_create("private");

	tcase_set_timeout(private, 60 * run_repeats());
	tcase_add_loop_test(private, test_private, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, private);
	return suite;
}
