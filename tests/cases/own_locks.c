/*
 * Children that wait for locks of their own threads, beside twins in which the owner gives them
 * back, or may take them again, and programs that are no child of a fork. More are in beside.c.
 */
#include "../unit/suites.h"
#include "run.h"
#include "verdict.h"

#define OWN(what, ...)                                                                             \
	{                                                                                          \
		.command = "own-lock " what, .options = "--hang-after=1s", .verdict = WARNED,      \
		.code = "FC017", .action = "", .program_status = 42, __VA_ARGS__                   \
	}
#define ENDS(what)                                                                                 \
	{                                                                                          \
		.command = "own-lock " what, .options = "--hang-after=1s", .verdict = CLEAN        \
	}

static const struct program_case cases[] = {
	OWN("twice", .lock = "first", .fork = "run_child@FORK",
	    .child = "twice@TAKE_AGAIN run_child@CHILD", .waiting_in = "pthread_mutex_lock",
	    .acquired = "twice@TAKE run_child@CHILD",
	    .says = "which the waiting thread itself holds"),
	OWN("order", .lock = "second", .child = "one_way@FIRST_SECOND order@ORDER",
	    .acquired = "other_way@SECOND", .blocked = "other_way@SECOND_FIRST",
	    .says = "its threads wait for each other"),
	OWN("rwlocks", .lock = "other", .kind = "rwlock", .child = "rwlocks@WRITE"),
	OWN("upgrade", .lock = "one", .kind = "rwlock", .child = "upgrade@UPGRADE",
	    .waiting_in = "pthread_rwlock_wrlock", .says = "which the waiting thread itself holds"),
	OWN("joined", .says = "its threads wait for each other"),
	OWN("semaphore", .lock = "token", .kind = "semaphore", .child = "semaphore@TOKEN_AGAIN",
	    .waiting_in = "sem_wait", .says = "which the waiting thread itself took last"),
	/* Another thread of it works on: a mutex only its owner gives back. */
	OWN("beside", .lock = "first", .acquired = "twice@TAKE"),
	/* Its parent has no other threads. */
	OWN("twice single", .lock = "first", .fork = "run_child@FORK"),
	OWN("order single", .lock = "second"),
	OWN("apart", .says = "its threads wait for each other"),
	OWN("apart single", .says = "its threads wait for each other"),
	OWN("semaphore single", .lock = "token", .kind = "semaphore"),

	ENDS("long"),
	ENDS("long single"),
	ENDS("slow"),
	ENDS("slow single"),
	ENDS("reads"),
	ENDS("reads single"),
	ENDS("outread"),
	ENDS("handed-over"),
	ENDS("recursive"),
	ENDS("recursive single"),
	ENDS("errorcheck"),
	ENDS("timed single"),
	ENDS("posted single"),
	/* With a second to look at it would be said that a thread is missing. */
	{.command = "own-lock timed", .verdict = CLEAN},
	{.command = "own-lock posted", .verdict = CLEAN},
	/* No search for deadlocks. */
	{.command = "own-lock twice program",
	 .options = "--hang-after=1s",
	 .verdict = CLEAN,
	 .program_status = 42},
	{.command = "own-lock order program",
	 .options = "--hang-after=1s",
	 .verdict = CLEAN,
	 .program_status = 42},
};

START_TEST(test_own_lock)
{
	for (int i = run_repeats(); i > 0; i--)
		run_program_case(&cases[_i]);
}
END_TEST

Suite *own_locks_suite(void)
{
	Suite *suite = suite_create("own_locks");
	TCase *own = tcase_create("own_locks");

	tcase_set_timeout(own, 60 * run_repeats());
	tcase_add_loop_test(own, test_own_lock, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, own);
	return suite;
}
