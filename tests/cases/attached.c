/*
 * Programs that run without forkcheck, and are attached to: those that hang get the finding that
 * they get in a run, as far as it can be seen from outside; their safe twins get none, and go on.
 */
#include "../unit/suites.h"
#include "run.h"
#include "verdict.h"

#define ATTACHED .within = "/usr/bin/python3 $SCRIPTS/attached.py"

#define HUNG(program, rule, function)                                                              \
	ATTACHED, .command = program, .verdict = GUILTY, .code = rule, .waiting_in = function,     \
		  .program_status = ANY
#define CALM(program) ATTACHED, .options = "--calm --watch=1s", .command = program, .verdict = CLEAN

static const struct program_case cases[] = {
	/* The lock itself says whose it is. */
	{HUNG("mutex normal hang", "FC001", "pthread_mutex_lock"), .lock = "shared_mutex",
	 .kind = "mutex", .attributes = "normal, private", .start_routine = "holder"},
	{HUNG("mutex recursive hang", "FC001", "pthread_mutex_lock"), .lock = "shared_mutex"},
	{HUNG("mutex robust hang", "FC001", "pthread_mutex_lock"), .lock = "shared_mutex"},
	{HUNG("own recursive relock", "FC001", "pthread_mutex_lock"), .says = "holds itself"},
	{HUNG("mtx plain hang", "FC001", "mtx_lock"), .lock = "shared_mtx", .kind = "mtx"},
	{HUNG("condition returned", "FC001", "pthread_mutex_lock")},
	{HUNG("rwlock writing reads", "FC001", "pthread_rwlock_rdlock"), .lock = "table_lock",
	 .kind = "rwlock"},
	{HUNG("rwlock reading writes", "FC001", "pthread_rwlock_wrlock"), .lock = "table_lock",
	 .kind = "rwlock"},
	{HUNG("window mutex taking hang", "FC001", "pthread_mutex_lock"), .lock = "section_mutex"},
	{HUNG("window write taking hang", "FC001", "pthread_rwlock_wrlock"),
	 .lock = "section_rwlock", .kind = "rwlock"},
	{HUNG("chain mutex", "FC001", "pthread_mutex_lock"), .sources = "programs/chain.c"},
	{HUNG("joins raw", "FC015", "pthread_join")},
	/* No fork made it so, which is a warning; but who asked is told that it hangs. */
	{ATTACHED, .command = "own-lock twice", .verdict = STUCK, .lock = "first",
	 .waiting_in = "pthread_mutex_lock"},
	/* One finding for all of them, and a verdict for each. */
	{HUNG("many hang-at-once 3", "FC001", "pthread_mutex_lock"), .options = "--alike"},

	/* What has no owner: by the code that the lost threads ran. */
	{HUNG("pool hang", "FC002", "pthread_cond_wait"), .kind = "condition variable",
	 .missing = "pool", .missing_count = 2,
	 .child = "pool_run@WAIT use_pool@USE work@WORK main@CHILD",
	 .sources = "libraries/libpool.c programs/pool.c programs/orphan.c"},
	{HUNG("pool-loaded hang $CASES/libpool.so", "FC002", "pthread_cond_wait"),
	 .missing = "libpool.so", .missing_count = 3,
	 .sources = "libraries/libpool.c programs/pool-loaded.c"},
	{HUNG("latch inline hang", "FC002", "futex_inline"), .missing = "latch",
	 .missing_count = 1},
	{HUNG("openmp hang", "FC002", "GOMP_parallel"), .missing = "libgomp.so.1"},
	{HUNG("meeting semaphore hang", "FC002", "sem_wait"), .missing = "meeting",
	 .kind = "semaphore"},
	/* Its parent has ended: what it lacks, its own memory says. */
	{HUNG("orphan alone", "FC002", "pthread_cond_wait"), .missing = "orphan",
	 .sources = "libraries/libpool.c programs/orphan.c"},

	/* By a descriptor that nobody else can write to: of who wrote there nothing is known. */
	{ATTACHED, .command = "descriptors eventfd epoll hang", .options = "--last",
	 .verdict = SUSPECTED, .kind = "eventfd", .missing = "descriptors", .missing_count = 1,
	 .waiting_in = "epoll_wait", .says = "nothing was seen that ties"},

	{CALM("descriptors eventfd epoll jobs")},
	{CALM("outside pipe")},
	{CALM("outside futex")},
	{CALM("own-lock slow")},
	{CALM("alive epoll")},
	{CALM("alive sigwait")},
	{CALM("alive traced")},
};

START_TEST(test_attached)
{
	for (int i = run_repeats(); i > 0; i--)
		run_program_case(&cases[_i]);
}
END_TEST

Suite *attached_suite(void)
{
	Suite *suite = suite_create("attached");
	TCase *attached = tcase_create("attached");

	tcase_set_timeout(attached, 60 * run_repeats());
	tcase_add_loop_test(attached, test_attached, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, attached);
	return suite;
}
