/*
 * FC004 again, pair by pair: what is unsafe is an error in a run that passes, with its lock and
 * all its frames, and its safe twin is silent. A thread comes to the lock every few milliseconds;
 * nothing here waits for longer than that.
 */
#include "../unit/suites.h"
#include "run.h"
#include "verdict.h"
#include <unistd.h>

#define BOTH   "before this fork and after it"
#define MARKED " ticker.h"

#define SAFE(of)                                                                                   \
	{                                                                                          \
		.command = of, .verdict = CLEAN                                                    \
	}
/* Where the lost thread and the child take the lock, and the fork. */
#define UNSAFE(of, program, name, taken_at, child_at, ...)                                         \
	{                                                                                          \
		.command = of, .verdict = PREDICTED, .sources = "programs/" program MARKED,        \
		.lock = name, .row = name, .used = BOTH, .acquired = taken_at, .child = child_at,  \
		.creator = "forker", __VA_ARGS__                                                   \
	}
/* What the program says of it before the fork is the same everywhere. */
#define TICKED(of, program, name, taken_at, child_at, ...)                                         \
	UNSAFE(of, program, name, taken_at " ticker@TICK", child_at, .start_routine = "ticker",    \
	       .created = "ticker_start@CREATE", .fork = "fork_and_work@FORK", __VA_ARGS__)

#define HANDLERS(which, name, taken_at, child_at, ...)                                             \
	TICKED("reach-handlers " which, "reach-handlers.c", name, taken_at, child_at, __VA_ARGS__)

static const struct program_case handlers[] = {
	SAFE("reach-handlers whole"),
	HANDLERS("partial", "back_mutex", "use_back@BACK use_both@BOTH-BACK",
		 "use_back@BACK use_both@BOTH-BACK work@WORK"),
	HANDLERS("late", "front_mutex", "use_front@FRONT",
		 "use_front@FRONT work_in_front@WORK-IN-FRONT"),
	SAFE("reach-handlers first"),
	HANDLERS("last", "front_mutex", "use_front@FRONT", "use_front@FRONT tell_of_fork@TELL"),
	SAFE("reach-handlers library $CASES/libtick.so"),
	HANDLERS("library-own $CASES/libtick.so", "front_mutex", "use_front@FRONT",
		 "use_front@FRONT work_in_front@WORK-IN-FRONT",
		 .cure = "take front_mutex in a prepare handler"),
};

#define ANEW(how)                                                                                  \
	SAFE("reach-anew " how " early"),                                                          \
		TICKED("reach-anew " how " late", "reach-anew.c", "first_mutex",                   \
		       "use_current@USE", "use_current@USE work@WORK")

static const struct program_case repairs[] = {
	ANEW("init"), ANEW("assigned"), ANEW("wiped"), ANEW("copied"), ANEW("table"),
};

#define THREADS(which, name, taken_at, child_at, ...)                                              \
	SAFE("reach-threads " which " safe $CASES/libtick.so"),                                    \
		TICKED("reach-threads " which " unsafe $CASES/libtick.so",                         \
		       "reach-threads.c libraries/libtick.c", name, taken_at, child_at,            \
		       __VA_ARGS__)
#define WORK "use_mutex@MUTEX work@WORK"

static const struct program_case threads[] = {
	SAFE("reach-threads startup safe"),
	UNSAFE("reach-threads startup unsafe", "reach-threads.c", "tick_mutex",
	       "use_mutex@MUTEX starter@LATER", WORK, .start_routine = "starter",
	       .fork = "fork_and_work@FORK"),
	THREADS("starts", "tick_mutex", "use_mutex@MUTEX", WORK),
	THREADS("ends", "tick_mutex", "use_mutex@MUTEX", WORK),
	THREADS("heap", "", "use_box@BOX use_own_box@OWN",
		"use_box@BOX use_own_box@OWN work_with_box@WORK-WITH-BOX", .user = "use_box"),
	THREADS("tries", "tick_mutex", "use_by_try@TRY", WORK),
	THREADS("timed", "tick_mutex", "use_timed@TIMED", WORK),
	THREADS("threads", "tick_mutex", "use_mutex@MUTEX", "use_mutex@MUTEX use_once@ONCE"),
	THREADS("names", "tick_mutex", "use_mutex@MUTEX", WORK),
	THREADS("unloaded", "tick_mutex", "tick_library@LIBRARY use_library@CALL",
		"tick_library@LIBRARY use_library@CALL work_in_library@WORK-IN-LIBRARY"),
	SAFE("reach-threads nested safe"),
	UNSAFE("reach-threads nested unsafe", "reach-threads.c", "tick_mutex",
	       "use_mutex@MUTEX ticker@TICK", WORK, .fork = "run_nested@NESTED"),
	SAFE("reach-threads clone safe"),
	UNSAFE("reach-threads clone unsafe", "reach-threads.c", "tick_mutex",
	       "use_mutex@MUTEX ticker@TICK", WORK " clone_and_work@CLONED",
	       .fork = "clone_and_work@CLONE"),
	/* No call tells of it: neither is anything. */
	SAFE("reach-threads inline safe"),
	SAFE("reach-threads inline unsafe"),
};

#define GATES(which, taken_at, ...)                                                                \
	SAFE("reach-gates " which " safe"),                                                        \
		UNSAFE("reach-gates " which " unsafe", "reach-gates.c", "tick_mutex", taken_at,    \
		       WORK, .fork = "fork_and_work@FORK", __VA_ARGS__)

static const struct program_case gates[] = {
	GATES("lock", "use_mutex@MUTEX use_in_gate@OUTSIDE ticker@TICK"),
	GATES("rwlock", "use_mutex@MUTEX use_as_reader@READER ticker@TICK"),
	GATES("semaphores", "use_mutex@MUTEX mutator@MUTATOR", .start_routine = "mutator"),
	GATES("barriers", "use_mutex@MUTEX solver@SOLVER", .start_routine = "solver"),
	GATES("condition", "use_mutex@MUTEX clerk@CLERK", .start_routine = "clerk"),
	GATES("pipe", "use_mutex@MUTEX clerk@CLERK"),
	GATES("eventfd", "use_mutex@MUTEX clerk@CLERK"),
	GATES("socketpair", "use_mutex@MUTEX clerk@CLERK"),
};

#define CPP(which, name, taken_at, child_at, ...)                                                  \
	SAFE("reach-cpp " which " safe"),                                                          \
		UNSAFE("reach-cpp " which " unsafe", "reach-cpp.cpp", name, taken_at " tick@TICK", \
		       child_at, .fork = "fork_and_work@FORK run@RUN", .created = "run@CREATE",    \
		       __VA_ARGS__)

static const struct program_case cpp[] = {
	CPP("mutex", "tick_mutex", "use_mutex@MUTEX",
	    "use_mutex@MUTEX work_with_mutex@WORK-WITH-MUTEX"),
	CPP("recursive", "tick_recursive", "use_recursive@RECURSIVE",
	    "use_recursive@RECURSIVE work_with_recursive@WORK-WITH-RECURSIVE"),
	CPP("shared", "tick_shared", "use_writer@WRITER",
	    "use_reader@READER work_as_reader@WORK-AS-READER", .kind = "rwlock"),
	CPP("placement", "tick_mutex", "use_mutex@MUTEX",
	    "use_mutex@MUTEX work_with_new_mutex@WORK-WITH-NEW"),
	SAFE("reach-cpp statics safe"),
	/* A thread makes each static once: here it comes to this one after the fork. */
	{.command = "reach-cpp statics unsafe",
	 .verdict = PREDICTED,
	 .sources = "programs/reach-cpp.cpp",
	 .lock = "guard variable for table<1>()::made",
	 .row = "guard variable for table<1>()::made",
	 .kind = "guard",
	 .used = "after this fork",
	 .creator = "forker",
	 .acquired = "table<1>@STATIC use_statics@NEXT tick@TICK",
	 .child = "table<1>@STATIC work_with_statics@WORK-WITH-STATICS",
	 .fork = "fork_and_work@FORK run@RUN",
	 .created = "run@CREATE"},
};

#define SCRIPT "/usr/bin/python3 $SCRIPTS/reach-python.py "
#define PYTHON_CASES(what, used_at, child_at, fork_at, ...)                                        \
	SAFE(SCRIPT what " safe $CASES/libtick.so"),                                               \
	{                                                                                          \
		.command = SCRIPT what " unsafe $CASES/libtick.so", .verdict = PREDICTED,          \
		.sources = "programs/reach-python.py libraries/libtick.c", .used = BOTH,           \
		.creator = "forker", .python_name = "ticks",                                       \
		.python_holder = used_at " ticker@TICK", .python_child = child_at,                 \
		.python_fork = fork_at, __VA_ARGS__                                                \
	}
#define PYTHON_LOCK(what, used_at, user_is)                                                        \
	PYTHON_CASES(what, used_at, used_at " work@WORK", "fork_and_work@FORK", .lock = "",        \
		     .kind = "semaphore", .user = user_is)
#define PYTHON_MUTEX(what)                                                                         \
	PYTHON_CASES(what, "use_library@CALL", "use_library@CALL work@WORK", "fork_and_work@FORK", \
		     .lock = "tick_mutex", .row = "tick_mutex",                                    \
		     .acquired = "tick_library@LIBRARY", .child = "tick_library@LIBRARY")

static const struct program_case python[] = {
	PYTHON_LOCK("lock", "use_lock@LOCK", "use_lock"),
	PYTHON_LOCK("rlock", "use_lock@LOCK", "use_lock"),
	PYTHON_LOCK("condition", "use_lock@LOCK", "use_lock"),
	PYTHON_LOCK("queue", "use_queue@PUT", "use_queue"),
	PYTHON_LOCK("logging", "Memory.emit@EMIT use_log@LOG", "Memory.emit"),
	PYTHON_CASES("preexec", "use_lock@LOCK", "use_lock@LOCK in_preexec@PREEXEC",
		     "fork_and_work@START", .lock = "", .kind = "semaphore", .user = "use_lock"),
	PYTHON_MUTEX("ctypes"),
	PYTHON_MUTEX("gil"),
};

/* Locks that are words of the program's own: neither is anything. */
static const struct program_case rust[] = {
	SAFE("reach-rust mutex safe"),
	SAFE("reach-rust mutex unsafe"),
	SAFE("reach-rust rwlock safe"),
	SAFE("reach-rust rwlock unsafe"),
};

static void run_pair(const struct program_case *one)
{
	for (int i = run_repeats(); i > 0; i--)
		run_program_case(one);
}

#define COUNT(cases) (int)(sizeof(cases) / sizeof(*(cases)))
#define TEST_OF(cases)                                                                             \
	START_TEST(test_reach_##cases)                                                             \
	{                                                                                          \
		run_pair(&(cases)[_i]);                                                            \
	}                                                                                          \
	END_TEST

TEST_OF(handlers)
TEST_OF(repairs)
TEST_OF(threads)
TEST_OF(gates)
TEST_OF(cpp)
TEST_OF(python)
TEST_OF(rust)

static void add_pairs(Suite *suite, const char *name, const TTest *test, int count)
{
	TCase *pairs = tcase_create(name);

	tcase_set_timeout(pairs, 70.0 * run_repeats());
	tcase_add_loop_test(pairs, test, 0, count);
	suite_add_tcase(suite, pairs);
}

Suite *reach_suite(void)
{
	Suite *suite = suite_create("reach");

	add_pairs(suite, "handlers", test_reach_handlers, COUNT(handlers));
	add_pairs(suite, "repairs", test_reach_repairs, COUNT(repairs));
	add_pairs(suite, "threads", test_reach_threads, COUNT(threads));
	add_pairs(suite, "gates", test_reach_gates, COUNT(gates));
	add_pairs(suite, "cpp", test_reach_cpp, COUNT(cpp));
	add_pairs(suite, "python", test_reach_python, COUNT(python));
	if (access(BUILD_DIRECTORY "/cases/reach-rust", X_OK) == 0)
		add_pairs(suite, "rust", test_reach_rust, COUNT(rust));
	return suite;
}
