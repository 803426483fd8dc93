/*
 * Hangs that are in no lock, and children that only look like it. A hang is
 * proven and its process killed before its parent loses patience; its safe
 * twins are never touched.
 */
#include "../unit/suites.h"
#include "run.h"
#include "verdict.h"

#define HANG(program, library, function)                                                           \
	.command = program, .verdict = GUILTY, .code = "FC002", .missing = library,                \
	.waiting_in = function, .action = "killed"

#define POOL_SOURCES    "libraries/libpool.c programs/pool.c programs/pool-loaded.c programs/orphan.c"
#define CHAIN_SOURCES   .sources = "libraries/libpool.c programs/chain.c"
#define HANDLER_SOURCES "libraries/libhandler.c programs/prepare.c"

static const struct program_case cases[] = {
	/* A pool of threads on a condition variable, the program's own or a library's. */
	{HANG("pool hang", "pool", "pthread_cond_wait"), .missing_count = 2, .fork = "main@FORK",
	 .child = "pool_run@WAIT use_pool@USE work@WORK main@CHILD",
	 .created = "pool_start@CREATE main@START", .sources = POOL_SOURCES},
	{.command = "pool restarted", .verdict = CLEAN},
	{.command = "pool unused", .verdict = CLEAN},
	{HANG("pool-loaded hang $CASES/libpool.so", "libpool.so", "pthread_cond_wait"),
	 .missing_count = 3, .fork = "main@FORK",
	 .child = "pool_run@WAIT call@CALL work@USE main@CHILD",
	 .created = "pool_start@CREATE call@CALL main@START",
	 .sources = "libraries/libpool.c programs/pool-loaded.c"},
	{.command = "pool-loaded restarted $CASES/libpool.so", .verdict = CLEAN},

	/* The same in a grandchild, beside a thread of the child's own, in such a thread. */
	{HANG("pool grandchild", "pool", "pthread_cond_wait"), .missing_count = 2,
	 .child = "pool_run@WAIT use_pool@USE use_in_grandchild@GRANDCHILD",
	 .sources = POOL_SOURCES},
	/* Which fork of the line is to blame: the one that lost the thread, not the last one. */
	{HANG("chain daemon", "chain", "pthread_cond_wait"), .missing_count = 1,
	 .fork = "leave@LOSE", .last_fork = "make_worker@LAST", .forks_between = 1,
	 .child = "pool_run@WAIT use_pool@USE work@WORK make_worker@WORKER",
	 .created = "pool_start@CREATE main@START", .gave = "next_task@COMPLETE",
	 .program_status = ANY, CHAIN_SOURCES},
	{HANG("chain far", "chain", "pthread_cond_wait"), .missing_count = 1, .fork = "leave@LOSE",
	 .last_fork = "make_worker@LAST", .forks_between = 1,
	 .created = "pool_start@CREATE main@START", .program_status = ANY, CHAIN_SOURCES},
	{HANG("chain near", "chain", "pthread_cond_wait"), .missing_count = 1,
	 .missing_first = "answerer", .fork = "make_worker@LAST", .child = "ask@ASK",
	 .created = "start_answerer@OTHER_CREATE", .program_status = ANY, CHAIN_SOURCES},
	{HANG("chain sites", "chain", "pthread_cond_wait"), .missing_count = 1,
	 .missing_first = "answerer", .fork = "leave@LOSE", .last_fork = "make_worker@LAST",
	 .forks_between = 1, .gave = "answer@ANSWER",
	 .created = "start_answerer@OTHER_CREATE main@OTHER_START", .program_status = ANY,
	 CHAIN_SOURCES},
	{HANG("chain two", "chain", "pthread_cond_wait"), .missing_count = 1,
	 .missing_first = "answerer", .fork = "leave@LOSE", .last_fork = "make_worker@LAST",
	 .created = "start_answerer@OTHER_CREATE main@OTHER_START", .program_status = ANY,
	 CHAIN_SOURCES},
	/* An exec in between: what comes before it is of no matter. */
	{HANG("chain exec", "chain", "pthread_cond_wait"), .missing_count = 1, .fork = "leave@LOSE",
	 .last_fork = "make_worker@LAST", .forks_between = 1,
	 .created = "pool_start@CREATE main@START", .program_status = ANY, CHAIN_SOURCES},
	{HANG("bash -c 'chain daemon; true'", "chain", "pthread_cond_wait"), .missing_count = 1,
	 .fork = "leave@LOSE", .last_fork = "make_worker@LAST", .forks_between = 1,
	 .program_status = ANY, CHAIN_SOURCES},
	{.command = "chain restarted", .verdict = CLEAN},
	{.command = "chain answered", .verdict = CLEAN},
	{.command = "chain mutex",
	 .verdict = GUILTY,
	 .lock = "chain_mutex",
	 .holder = "chain",
	 .fork = "leave@LOSE",
	 .last_fork = "make_worker@LAST",
	 .forks_between = 1,
	 .acquired = "hold@ACQUIRE",
	 .child = "take@TAKE work@TAKES make_worker@WORKER",
	 .created = "start_holder@HOLDER_CREATE",
	 .no_warnings = true,
	 .program_status = ANY},
	{.command = "chain join",
	 .verdict = MISUSED,
	 .code = "FC015",
	 .fork = "leave@LOSE",
	 .last_fork = "make_worker@LAST",
	 .forks_between = 1,
	 .child = "join@JOIN",
	 .missing = "chain",
	 .missing_count = 1,
	 .missing_first = "idler",
	 .created = "start_idler@IDLER_CREATE main@IDLER_START",
	 .program_status = ANY},
	{HANG("pool beside", "pool", NULL), .missing_count = 2, .fork = "main@FORK"},
	{HANG("pool in-thread", "pool", NULL), .missing_count = 2, .fork = "main@FORK"},

	/* A child whose parent has gone: it is seen, and ended, all the same. */
	{HANG("orphan hang", "orphan", "pthread_cond_wait"), .missing_count = 2,
	 .fork = "leave_orphan@FORK", .child = "pool_run@WAIT use_pool@USE leave_orphan@CHILD",
	 .sources = "libraries/libpool.c programs/orphan.c", .program_status = ANY},
	{HANG("orphan alone", "orphan", "pthread_cond_wait"), .fork = "leave_orphan@FORK",
	 .sources = "libraries/libpool.c programs/orphan.c", .program_status = ANY},
	{.command = "orphan restarted", .verdict = CLEAN},

	/* Bare futex words. */
	{HANG("latch called hang", "latch", "syscall"), .missing_count = 1, .fork = "main@FORK",
	 .child = "futex_called@CALLED wait_until_set@WAIT work@USE main@CHILD",
	 .created = "start_server@CREATE main@START"},
	{HANG("latch inline hang", "latch", "futex_inline"), .missing_count = 1,
	 .fork = "main@FORK",
	 .child = "futex_inline@INSTRUCTION wait_until_set@WAIT work@USE main@CHILD",
	 .created = "start_server@CREATE main@START"},
	{HANG("latch bitset hang", "latch", "syscall"),
	 .child = "futex_called@CALLED wait_until_set@WAIT work@USE main@CHILD"},
	{.command = "latch called served", .verdict = CLEAN},
	{.command = "latch inline served", .verdict = CLEAN},
	{.command = "latch bitset served", .verdict = CLEAN},

	/* The word is the waiting thread's own: the lock is what its record stands for. */
	{HANG("parking record taken", "parking", "syscall"), .lock = "table_lock", .kind = "futex",
	 .missing_count = 1, .fork = "fork_and_work@FORK",
	 .child = "sleep_on@SLEEP park@PARK take_by_record@RECORD work@USE fork_and_work@CHILD",
	 .created = "start@CREATE main@START"},
	{HANG("parking record taken $CASES/libvariable.so", "parking", "syscall"),
	 .lock = "table_lock", .kind = "futex", .missing_count = 1},
	{.command = "parking record released", .verdict = CLEAN},
	{.command = "parking record handed", .verdict = CLEAN},
	{.command = "parking record handed $CASES/libvariable.so", .verdict = CLEAN},
	{HANG("parking word taken", "parking", "syscall"), .lock = "table_lock", .kind = "futex",
	 .missing_count = 1, .fork = "fork_and_work@FORK",
	 .child = "sleep_on@SLEEP enqueue@ENQUEUED take_by_word@WORD work@USE fork_and_work@CHILD",
	 .created = "start@CREATE main@START"},
	{.command = "parking word released", .verdict = CLEAN},
	{.command = "parking word handed", .verdict = CLEAN},

	/* By a jump out of a function that leaves no frame. */
	{HANG("jumped hang", "jumped", "pthread_cond_wait"), .missing_count = 1,
	 .fork = "main@FORK", .child = "work@WAIT main@CHILD", .created = "main@CREATE"},
	{.command = "jumped served", .verdict = CLEAN},

	/* OpenMP. */
	{HANG("openmp hang", "libgomp.so.1", "GOMP_parallel"), .missing_count = 2,
	 .fork = "main@FORK"},
	{HANG("openmp grown", "libgomp.so.1", "GOMP_parallel"), .missing_count = 2,
	 .fork = "main@FORK"},
	{.command = "openmp serial", .verdict = CLEAN},
	{.command = "openmp unused", .verdict = CLEAN},
	{.command = "openmp paused", .verdict = CLEAN},

	/* Results that a thread of the C++ library was to deliver. */
	{HANG("future async", "future", NULL), .missing_count = 1,
	 .fork = "fork_and_collect@FORK with_async@CALL_ASYNC",
	 .child = "service::collect@GET fork_and_collect@CHILD", .created = "with_async@ASYNC",
	 .sources = "programs/future.cpp"},
	{HANG("future promise", "future", NULL), .missing_count = 1,
	 .child = "service::collect@GET fork_and_collect@CHILD", .created = "with_promise@THREAD",
	 .sources = "programs/future.cpp"},
	{HANG("future condition", "future", "pthread_cond_wait"), .missing_count = 1,
	 .fork = "with_condition@FORK_BESIDE",
	 .child = "await_shared@AWAIT await_in_child@CHILD_WAITS",
	 .created = "with_condition@SHARER", .sources = "programs/future.cpp"},
	{.command = "future condition again", .verdict = CLEAN},
	{.command = "future async again", .verdict = CLEAN},
	{.command = "future promise again", .verdict = CLEAN},

	/* Semaphores and barriers. */
	{HANG("meeting semaphore hang", "meeting", "sem_wait"), .missing_count = 1,
	 .fork = "main@FORK", .child = "ask@SEMAPHORE work@WORK main@CHILD",
	 .created = "start@CREATE main@START"},
	{HANG("meeting barrier hang", "meeting", "pthread_barrier_wait"), .missing_count = 1,
	 .fork = "main@FORK", .child = "meet@BARRIER work@WORK main@CHILD",
	 .created = "start@CREATE main@START"},
	{.command = "meeting semaphore again", .verdict = CLEAN},
	{.command = "meeting barrier again", .verdict = CLEAN},

	/* fork() that never returns. It is the program itself that is killed. */
	{.command = "prepare hang",
	 .verdict = GUILTY,
	 .code = "FC007",
	 .fork = "fork_and_exit@FORK main@CALL",
	 .child = "handler_prepare@JOIN fork_and_exit@FORK main@CALL",
	 .sources = HANDLER_SOURCES,
	 .handler = "handler_prepare",
	 .handler_library = "prepare",
	 .missing = "prepare",
	 .missing_count = 1,
	 .created = "handler_start@CREATE start@STARTED main@HERE",
	 .waiting_in = "pthread_join",
	 .action = "killed",
	 .program_status = ANY},
	{.command = "prepare hang $CASES/libhandler.so",
	 .verdict = GUILTY,
	 .code = "FC007",
	 .fork = "fork_and_exit@FORK main@CALL",
	 .child = "handler_prepare@JOIN fork_and_exit@FORK main@CALL",
	 .sources = HANDLER_SOURCES,
	 .handler = "handler_prepare",
	 .handler_library = "libhandler.so",
	 .missing = "libhandler.so",
	 .missing_count = 1,
	 .created = "handler_start@CREATE start@STARTED main@HERE",
	 .waiting_in = "pthread_join",
	 .action = "killed",
	 .program_status = ANY},
	{.command = "prepare released", .verdict = CLEAN},
	{.command = "prepare busy", .options = "--hang-after=1s", .verdict = CLEAN},
	{.command = "prepare released $CASES/libhandler.so", .verdict = CLEAN},

	/* Healthy: a signal handler posts. */
	{.command = "waker signal", .verdict = CLEAN, .program_status = 7},
	{.command = "waker inherited", .verdict = CLEAN, .program_status = 7},
	{.command = "waker real-time-signal", .verdict = CLEAN, .program_status = 7},
	{.command = "waker setitimer", .verdict = CLEAN, .program_status = 7},
	{.command = "waker alarm", .verdict = CLEAN, .program_status = 7},
	{.command = "waker timer", .verdict = CLEAN, .program_status = 7},
	{.command = "waker thread-timer", .verdict = CLEAN, .program_status = 7},

	/* Healthy: the parent ends the wait. */
	{.command = "outside pipe", .verdict = CLEAN},
	{.command = "outside pipe many", .verdict = CLEAN},
	{.command = "outside poll", .verdict = CLEAN},
	{.command = "outside epoll", .verdict = CLEAN},
	{.command = "outside recv", .verdict = CLEAN},
	{.command = "outside accept", .verdict = CLEAN},
	{.command = "outside semaphore", .verdict = CLEAN},
	{.command = "outside semaphore-file", .verdict = CLEAN},
	{.command = "outside semaphore-system-v", .verdict = CLEAN},
	{.command = "outside futex", .verdict = CLEAN},
	{.command = "outside futex many", .verdict = CLEAN},
	{.command = "outside condition", .verdict = CLEAN},
	{.command = "outside grandchild", .verdict = CLEAN},
	{.command = "outside slow", .verdict = CLEAN},

	/* Healthy: the child has threads of its own that will get there; held from outside, too. */
	{.command = "alive compute", .verdict = CLEAN},
	{.command = "alive nanosleep", .verdict = CLEAN},
	{.command = "alive epoll", .verdict = CLEAN},
	{.command = "alive sigwait", .verdict = CLEAN},
	{.command = "alive hand-over", .verdict = CLEAN},
	{.command = "alive hand-over-slowly", .verdict = CLEAN},
	{.command = "alive stopped", .verdict = CLEAN},
	{.command = "alive stopped-again", .verdict = CLEAN},
	{.command = "alive traced", .verdict = CLEAN},

	/* Not to be proven: said after a while, and never acted upon. */
	{.command = "suspect timed long",
	 .options = "--hang-after=1s",
	 .verdict = SUSPECTED,
	 .missing = "suspect",
	 .action = "",
	 .fork = "main@FORK",
	 .child = "wait_a_step@WAIT wait_in_steps@TIMED work@REPLY main@CHILD",
	 .program_status = 7},
	{.command = "suspect mixed long",
	 .options = "--hang-after=1s",
	 .verdict = SUSPECTED,
	 .missing = "suspect",
	 .action = "",
	 .fork = "main@FORK",
	 .child = "wait_a_step@WAIT wait_in_steps@TIMED wait_in_company@COMPANY work@MIXED",
	 .program_status = 7},
	{.command = "suspect mixed", .verdict = CLEAN, .program_status = 7},
	/* Only a lost thread ever posted it. */
	{.command = "suspect served long",
	 .options = "--hang-after=1s",
	 .verdict = SUSPECTED,
	 .missing = "suspect",
	 .action = "",
	 .says = "only they have signalled",
	 .child = "wait_a_step@WAIT wait_in_steps@TIMED wait_after_answers@SERVED work@AFTER",
	 .program_status = 7},
	{.command = "suspect served-mixed long",
	 .options = "--hang-after=1s",
	 .verdict = SUSPECTED,
	 .missing = "suspect",
	 .action = "",
	 .child = "wait_a_step@WAIT wait_in_steps@TIMED wait_in_company@COMPANY",
	 .program_status = 7},
	{.command = "suspect served", .verdict = CLEAN, .program_status = 7},
	/* The child has posted it, too. */
	{.command = "suspect served-own long",
	 .options = "--hang-after=1s",
	 .verdict = SUSPECTED,
	 .missing = "suspect",
	 .action = "",
	 .program_status = 7},
	{.command = "suspect spin long",
	 .options = "--hang-after=1s",
	 .verdict = SUSPECTED,
	 .missing = "suspect",
	 .action = "",
	 .fork = "main@FORK",
	 .program_status = 7},
	{.command = "waker signal",
	 .options = "--hang-after=1s",
	 .verdict = SUSPECTED,
	 .says = "SIGTERM",
	 .waiting_in = "sem_wait",
	 .action = "",
	 .missing = "waker",
	 .child = "work@WAIT",
	 .program_status = 7},
	{.command = "suspect timed", .verdict = CLEAN, .program_status = 7},
	{.command = "suspect spin", .verdict = CLEAN, .program_status = 7},
	{.command = "suspect heartbeat",
	 .options = "--hang-after=1s",
	 .verdict = CLEAN,
	 .program_status = 7},
	{.command = "suspect tick",
	 .options = "--hang-after=1s",
	 .verdict = CLEAN,
	 .program_status = 7},
	{.command = "outside pipe", .options = "--hang-after=1s", .verdict = CLEAN},
	{.command = "outside futex", .options = "--hang-after=1s", .verdict = CLEAN},
	{.command = "alive hand-over", .options = "--hang-after=1s", .verdict = CLEAN},
};

START_TEST(test_hang)
{
	for (int i = run_repeats(); i > 0; i--)
		run_program_case(&cases[_i]);
}
END_TEST

Suite *hangs_suite(void)
{
	Suite *suite = suite_create("hangs");
	TCase *hangs = tcase_create("hangs");

	tcase_set_timeout(hangs, 70.0 * run_repeats());
	tcase_add_loop_test(hangs, test_hang, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, hangs);
	return suite;
}
