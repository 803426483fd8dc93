/*
 * Families of locks beside the mutex: whose owner is known, and what is known of
 * those that have none. One line is one test; a hang stands beside its safe twin.
 */
#include "../unit/suites.h"
#include "run.h"
#include "verdict.h"

#define MTX(mode, ...)                                                                             \
	{                                                                                          \
		.command = "mtx " mode, .lock = "shared_mtx", .kind = "mtx", .holder = "mtx",      \
		.start_routine = "holder", .fork = "main@FORK", .acquired = "holder@ACQUIRE",      \
		.created = "main@CREATE", .initialised = "initialise@INITIALISE", __VA_ARGS__      \
	}
#define SPIN(mode, ...)                                                                            \
	{                                                                                          \
		.command = "spin " mode, .lock = "spinlock", .kind = "spinlock",                   \
		.start_routine = "holder", .fork = "main@FORK", .acquired = "holder@ACQUIRE",      \
		.created = "main@CREATE", .initialised = "main@INITIALISE", __VA_ARGS__            \
	}

#define STATICS(mode, ...)                                                                         \
	{                                                                                          \
		.command = mode " $CASES/libstatics.so",                                           \
		.lock = "guard variable for statics_look_up::entries", .kind = "guard",            \
		.start_routine = "make_slowly", .fork = "fork_with@FORK main@RUN",                 \
		.acquired = "statics_look_up@STATIC make_slowly@TAKE",                             \
		.created = "fork_with@CREATE main@RUN",                                            \
		.sources = "programs/statics.c libraries/libstatics.cpp", __VA_ARGS__              \
	}
#define RWLOCK(held, what, ...)                                                                    \
	{                                                                                          \
		.command = "rwlock " held " " what, .lock = "table_lock", .kind = "rwlock",        \
		.holder = "rwlock", .start_routine = "holder", .fork = "fork_and_work@FORK",       \
		.created = "main@CREATE", .initialised = "initialise@INITIALISE", __VA_ARGS__      \
	}
#define RWLOCK_TRIED(held, what, ...)                                                              \
	RWLOCK(held, what, .verdict = WARNED, .code = "FC003", __VA_ARGS__)

/* A clone while the holder took the lock or gave it back; the line is where it took it. */
#define WINDOW(what, object, ...)                                                                  \
	{                                                                                          \
		.command = "window " what, .lock = object, .holder = "window",                     \
		.start_routine = "holder", .fork = "main@FORK", .created = "main@CREATE",          \
		__VA_ARGS__                                                                        \
	}
#define WINDOW_MUTEX(what, ...)                                                                    \
	WINDOW(what, "section_mutex", .acquired = "mutex_take@MUTEX holder@TAKE", __VA_ARGS__)
#define WINDOW_WRITE(what, ...)                                                                    \
	WINDOW(what, "section_rwlock", .kind = "rwlock",                                           \
	       .acquired = "write_take@WRITE holder@TAKE", __VA_ARGS__)
#define WINDOW_READ(what, ...)                                                                     \
	WINDOW(what, "section_rwlock", .kind = "rwlock", .acquired = "read_take@READ holder@TAKE", \
	       __VA_ARGS__)

#define TRIES(how, object, asks_at, ...)                                                           \
	{                                                                                          \
		.command = "tries " how, .options = "--hang-after=1s", .verdict = FEARED,          \
		.code = "FC001", .lock = object, .start_routine = "holder", .fork = "main@FORK",   \
		.child = asks_at, .program_status = 42, __VA_ARGS__                                \
	}

/* Made for one process, in memory that the parent shares: its thread gives the lock back. */
#define PRIVATE(what, taken_at, waits_at, ...)                                                     \
	{                                                                                          \
		.command = "private " what, .verdict = GUILTY, .code = "FC016",                    \
		.start_routine = "holder", .fork = "main@FORK", .acquired = taken_at,              \
		.created = "main@CREATE", .child = waits_at " work@ASK main@CHILD",                \
		.action = "killed", __VA_ARGS__                                                    \
	}

#define LOST(program, family, object)                                                              \
	.command = program, .verdict = GUILTY, .code = "FC002", .lock = object, .kind = family,    \
	.action = "killed"

static const struct program_case cases[] = {
	/* A writer is named by the lock, a reader by its own table. */
	RWLOCK("writing", "reads", .verdict = GUILTY, .acquired = "take@WRITE holder@TAKE",
	       .child = "work@READS fork_and_work@CHILD"),
	RWLOCK("writing", "writes", .verdict = GUILTY, .acquired = "take@WRITE holder@TAKE",
	       .child = "work@WRITES fork_and_work@CHILD"),
	RWLOCK("reading", "writes", .verdict = GUILTY, .acquired = "take@READ holder@TAKE",
	       .child = "work@WRITES fork_and_work@CHILD"),
	RWLOCK("twice", "writes", .verdict = GUILTY, .child = "work@WRITES"),
	RWLOCK("queued", "writes", .verdict = GUILTY, .child = "work@WRITES"),
	RWLOCK("queued", "latent", .verdict = WARNED, .code = "FC005"),
	{.command = "rwlock preferred reads",
	 .verdict = GUILTY,
	 .lock = "table_lock",
	 .kind = "rwlock",
	 .start_routine = "holder",
	 .child = "work@READS fork_and_work@CHILD"},
	{.command = "rwlock queued reads", .verdict = NOT_GUILTY},
	{.command = "rwlock writing grandchild",
	 .verdict = GUILTY,
	 .lock = "table_lock",
	 .kind = "rwlock",
	 .start_routine = "holder",
	 .fork = "fork_twice@TWICE",
	 .child = "work@WRITES fork_and_work@CHILD fork_twice@GRANDCHILD"},
	{.command = "rwlock reading grandchild",
	 .verdict = GUILTY,
	 .lock = "table_lock",
	 .kind = "rwlock",
	 .start_routine = "holder",
	 .fork = "fork_twice@TWICE",
	 .child = "work@WRITES fork_and_work@CHILD fork_twice@GRANDCHILD"},
	{.command = "rwlock reading reads", .verdict = NOT_GUILTY},
	{.command = "rwlock released reads", .verdict = CLEAN},
	{.command = "rwlock released writes", .verdict = CLEAN},
	{.command = "rwlock writing remade", .verdict = CLEAN},
	{.command = "rwlock reading remade", .verdict = CLEAN},
	{.command = "rwlock writing overwritten", .verdict = CLEAN},
	{.command = "rwlock reading overwritten", .verdict = CLEAN},
	{.command = "rwlock released own-read", .verdict = CLEAN},
	{.command = "rwlock released own-write",
	 .verdict = GUILTY,
	 .lock = "table_lock",
	 .kind = "rwlock",
	 .fork = "fork_and_work@FORK",
	 .acquired = "take_own@OWN",
	 .child = "work@WRITES fork_and_work@CHILD"},
	RWLOCK("writing", "latent", .verdict = WARNED, .acquired = "take@WRITE"),
	RWLOCK("reading", "latent", .verdict = WARNED, .acquired = "take@READ"),
	RWLOCK_TRIED("writing", "try-write", .child = "try_to_take@TRYWRITE work@TRIED"),
	RWLOCK_TRIED("reading", "try-write", .child = "try_to_take@TRYWRITE work@TRIED"),
	RWLOCK_TRIED("writing", "try-read", .child = "try_to_take@TRYREAD work@TRIED"),
	RWLOCK_TRIED("writing", "timed-write", .child = "try_to_take@TIMEDWRITE work@TRIED"),
	RWLOCK_TRIED("reading", "timed-write", .child = "try_to_take@TIMEDWRITE work@TRIED"),
	RWLOCK_TRIED("writing", "timed-read", .child = "try_to_take@TIMEDREAD work@TRIED"),
	RWLOCK_TRIED("writing", "clock-write"),
	RWLOCK_TRIED("writing", "clock-read"),

	/* C11. */
	MTX("plain hang", .verdict = GUILTY, .child = "work@CHILD", .waiting_in = "mtx_lock"),
	MTX("recursive hang", .verdict = GUILTY, .child = "work@CHILD"),
	MTX("plain latent", .verdict = WARNED),
	MTX("recursive latent", .verdict = WARNED),
	MTX("plain try", .verdict = WARNED, .code = "FC003", .child = "work@TRY"),
	MTX("plain timed", .verdict = WARNED, .code = "FC003", .child = "lock_for_a_moment@TIMED"),
	{.command = "mtx plain released", .verdict = CLEAN},
	{.command = "mtx recursive released", .verdict = CLEAN},
	{.command = "mtx plain remade", .verdict = CLEAN},

	/* The child spins: reported when the run has ended, and nothing is done to it. */
	SPIN("hang", .verdict = GUILTY, .child = "work@CHILD"),
	SPIN("latent", .verdict = WARNED),
	SPIN("try", .verdict = WARNED, .code = "FC003", .child = "work@TRY"),
	{.command = "spin released", .verdict = CLEAN},
	{.command = "spin remade", .verdict = CLEAN},

	/* The lock is taken by nobody yet, or by nobody any more. */
	WINDOW_MUTEX("mutex taking hang", .verdict = GUILTY, .child = "mutex_take@MUTEX work@CHILD",
		     .action = "killed"),
	WINDOW_MUTEX("mutex giving hang", .verdict = GUILTY, .action = "killed"),
	WINDOW_MUTEX("named giving hang", .verdict = GUILTY, .action = "killed"),
	WINDOW("recursive taking hang", "section_recursive", .verdict = GUILTY,
	       .acquired = "recursive_take@RECURSIVE holder@TAKE", .action = "killed"),
	WINDOW("recursive giving hang", "section_recursive", .verdict = GUILTY,
	       .acquired = "recursive_take@RECURSIVE holder@TAKE", .action = "killed"),
	WINDOW("mtx taking hang", "section_mtx", .verdict = GUILTY, .kind = "mtx",
	       .acquired = "mtx_take@MTX holder@TAKE", .action = "killed"),
	WINDOW("mtx giving hang", "section_mtx", .verdict = GUILTY, .kind = "mtx",
	       .acquired = "mtx_take@MTX holder@TAKE", .action = "killed"),
	WINDOW_WRITE("write taking hang", .verdict = GUILTY, .action = "killed"),
	WINDOW_WRITE("write giving hang", .verdict = GUILTY, .action = "killed"),
	WINDOW_WRITE("write-read taking hang", .verdict = GUILTY, .action = "killed"),
	WINDOW_WRITE("write-read giving hang", .verdict = GUILTY, .action = "killed"),
	WINDOW_READ("read giving hang", .verdict = GUILTY, .action = "killed"),
	/* Lost by the grandparent. */
	WINDOW_MUTEX("mutex giving grandchild", .verdict = GUILTY,
		     .child = "mutex_take@MUTEX work@CHILD"),
	WINDOW_MUTEX("mutex giving try", .verdict = WARNED, .code = "FC003",
		     .child = "mutex_try@MUTEX_TRY work@TRY"),
	WINDOW_WRITE("write giving try", .verdict = WARNED, .code = "FC003",
		     .child = "write_try@WRITE_TRY work@TRY"),
	WINDOW_WRITE("write giving tries", .verdict = WARNED, .code = "FC003", .says = "100 times"),
	WINDOW("mutex taking tries", "section_mutex", .verdict = WARNED, .code = "FC003",
	       .says = "100 times"),
	WINDOW("spin giving try", "section_spin", .verdict = WARNED, .code = "FC003",
	       .kind = "spinlock", .acquired = "spin_take@SPIN holder@TAKE",
	       .child = "spin_try@SPIN_TRY work@TRY"),
	{.command = "window mutex giving remade", .verdict = CLEAN},
	{.command = "window recursive giving remade", .verdict = CLEAN},
	{.command = "window mtx giving remade", .verdict = CLEAN},
	{.command = "window write giving remade", .verdict = CLEAN},
	{.command = "window read giving remade", .verdict = CLEAN},
	/* Threads of the child are in such moments, too. */
	{.command = "window mutex after threads", .verdict = CLEAN},
	{.command = "window mtx after threads", .verdict = CLEAN},
	{.command = "window write after threads", .verdict = CLEAN},
	{.command = "window read after threads", .verdict = CLEAN},
	{.command = "window spin after threads", .verdict = CLEAN},
	/* Met by chance. */
	{.command = "sections mutex",
	 .verdict = GUILTY,
	 .lock = "section_mutex",
	 .start_routine = "busy",
	 .acquired = "take@MUTEX busy@TAKE",
	 .child = "take@MUTEX take_in_child@SAME main@CHILD"},
	{.command = "sections crowd",
	 .verdict = GUILTY,
	 .lock = "section_mutex",
	 .start_routine = "busy",
	 .acquired = "take@MUTEX busy@TAKE",
	 .child = "take@MUTEX take_in_child@SAME main@CHILD"},
	{.command = "sections read",
	 .verdict = GUILTY,
	 .lock = "section_rwlock",
	 .kind = "rwlock",
	 .start_routine = "busy",
	 .acquired = "take@READ busy@TAKE",
	 .child = "take_in_child@WRITE_AFTER main@CHILD"},
	{.command = "sections write",
	 .verdict = GUILTY,
	 .lock = "section_rwlock",
	 .kind = "rwlock",
	 .start_routine = "busy",
	 .acquired = "take@WRITE busy@TAKE",
	 .child = "take@WRITE take_in_child@SAME main@CHILD"},
	{.command = "sections mtx",
	 .verdict = GUILTY,
	 .lock = "section_mtx",
	 .kind = "mtx",
	 .start_routine = "busy",
	 .acquired = "take@MTX busy@TAKE",
	 .child = "take@MTX take_in_child@SAME main@CHILD"},
	{.command = "sections spin",
	 .verdict = GUILTY,
	 .lock = "section_spin",
	 .kind = "spinlock",
	 .start_routine = "busy",
	 .acquired = "take@SPIN busy@TAKE",
	 .child = "take@SPIN take_in_child@SAME main@CHILD"},
	{.command = "sections atfork", .verdict = CLEAN},

	/* It does not wait: it asks again and again, in a loop or with a time limit. */
	TRIES("yield", "table", "try_once@WRITE take@TRY", .kind = "rwlock",
	      .acquired = "holder@HOLD_TABLE"),
	TRIES("spins", "mutex", "try_once@MUTEX take@TRY", .acquired = "holder@HOLD"),
	TRIES("timed", "mutex", "try_once@TIMED take@TRY", .acquired = "holder@HOLD"),
	TRIES("timed-table", "table", "try_once@READ take@TRY", .kind = "rwlock",
	      .acquired = "holder@HOLD_TABLE"),
	{.command = "tries sleeps",
	 .verdict = WARNED,
	 .code = "FC003",
	 .lock = "mutex",
	 .acquired = "holder@HOLD",
	 .program_status = 42},
	/* One hang, one finding: the try that failed on the way is a note. */
	{.command = "passes try",
	 .verdict = GUILTY,
	 .code = "FC002",
	 .lock = "done",
	 .kind = "condition variable",
	 .fork = "main@FORK",
	 .gave = "serve@SERVE",
	 .child = "ask_pool@WAIT"},
	{.command = "passes timed",
	 .verdict = GUILTY,
	 .code = "FC002",
	 .lock = "done",
	 .kind = "condition variable",
	 .fork = "main@FORK",
	 .gave = "serve@SERVE",
	 .child = "ask_pool@WAIT"},
	{.command = "passes try served",
	 .verdict = WARNED,
	 .code = "FC003",
	 .lock = "cache",
	 .acquired = "keeper@KEEP",
	 .child = "look_into_cache@TRY"},
	{.command = "tries spins given", .verdict = CLEAN},
	{.command = "tries yield given", .verdict = CLEAN},

	/* Held, and never asked for again. */
	{.command = "replaced table", .verdict = CLEAN},
	{.command = "replaced shared", .verdict = CLEAN},
	{.command = "replaced index", .verdict = CLEAN},
	{.command = "replaced holder", .verdict = CLEAN},
	{.command = "replaced again", .verdict = CLEAN},
	{.command = "replaced kept",
	 .verdict = GUILTY,
	 .start_routine = "hold_all",
	 .fork = "fork_once@FORK",
	 .acquired = "hold_all@HOLD",
	 .child = "use@USE use_all@USE_ALL be_child@CHILD fork_once@BE",
	 .initialised = "make_locks@INITIALISE",
	 .action = "killed"},

	PRIVATE("mutex waits", "mutex_take@MUTEX holder@TAKE", "mutex_wait@MUTEX_WAIT",
		.cure = "pthread_mutexattr_setpshared"),
	PRIVATE("write waits", "write_take@WRITE holder@TAKE", "write_wait@WRITE_WAIT",
		.kind = "rwlock", .cure = "pthread_rwlockattr_setpshared"),
	PRIVATE("read waits", "read_take@READ holder@TAKE", "write_wait@WRITE_WAIT",
		.kind = "rwlock", .cure = "PTHREAD_PROCESS_SHARED"),
	PRIVATE("mtx waits", "take_mtx@MTX holder@TAKE", "wait_mtx@MTX_WAIT", .kind = "mtx"),
	{.command = "private mutex tries", .verdict = CLEAN},
	{.command = "private write tries", .verdict = CLEAN},
	{.command = "private read tries", .verdict = CLEAN},
	{.command = "private mtx tries", .verdict = CLEAN},
	{.command = "private spin tries", .verdict = CLEAN},
	{.command = "private spin waits", .verdict = CLEAN},
	{.command = "private robust waits", .verdict = CLEAN},
	{.command = "private mutex ticks", .verdict = CLEAN},
	{.command = "private mutex gives-up", .verdict = CLEAN},
	{.command = "private mutex leaves", .verdict = CLEAN},
	{.command = "private write leaves", .verdict = CLEAN},
	{.command = "private spin leaves", .verdict = CLEAN},

	/* No owner: proven from the outside, and explained by who used it last. */
	{LOST("token taken", "semaphore", "token"), .waiting_in = "sem_wait", .fork = "main@FORK",
	 .child = "work@WAIT main@CHILD", .gave = "put_back@POST", .took = "holder@TAKE",
	 .missing = "token", .missing_count = 1, .created = "main@CREATE",
	 .initialised = "main@INITIALISE"},
	{.command = "token given-back", .verdict = CLEAN},
	{.command = "token remade", .verdict = CLEAN},
	{.command = "token tried", .verdict = CLEAN},
	{LOST("waiters destroy", "condition variable", "changed"),
	 .waiting_in = "pthread_cond_destroy", .fork = "main@FORK",
	 .child = "call@DESTROY main@CHILD", .took = "waiter@PARK", .missing = "waiters",
	 .missing_count = 2, .created = "start_waiters@CREATE main@START"},
	{LOST("waiters signal", "condition variable", "changed"),
	 .waiting_in = "pthread_cond_signal", .fork = "main@FORK",
	 .child = "call@SIGNAL main@CHILD", .took = "waiter@PARK", .missing = "waiters",
	 .missing_count = 2},
	{LOST("waiters broadcast", "condition variable", "changed"),
	 .waiting_in = "pthread_cond_broadcast", .fork = "main@FORK",
	 .child = "call@BROADCAST main@CHILD", .took = "waiter@PARK", .missing = "waiters",
	 .missing_count = 2},
	{.command = "waiters destroy gone", .verdict = CLEAN},
	{.command = "waiters signal gone", .verdict = CLEAN},
	{.command = "waiters broadcast gone", .verdict = CLEAN},
	{.command = "waiters signal remade", .verdict = CLEAN},

	/* With a C++ runtime from the start, and with one that comes by dlopen. */
	STATICS("statics hang", .verdict = GUILTY, .waiting_in = "__cxa_guard_acquire",
		.child = "statics_look_up@STATIC fork_with@CHILD main@RUN", .action = "killed"),
	STATICS("statics-runtime hang", .verdict = GUILTY, .waiting_in = "__cxa_guard_acquire",
		.child = "statics_look_up@STATIC fork_with@CHILD main@RUN", .action = "killed"),
	STATICS("statics untouched", .verdict = WARNED, .code = "FC005"),
	STATICS("statics-runtime untouched", .verdict = WARNED, .code = "FC005"),
	{.command = "statics made $CASES/libstatics.so", .verdict = CLEAN},
	{.command = "statics-runtime made $CASES/libstatics.so", .verdict = CLEAN},
	{.command = "statics own $CASES/libstatics.so", .verdict = CLEAN},
	{.command = "statics-runtime own $CASES/libstatics.so", .verdict = CLEAN},
	{.command = "statics race $CASES/libstatics.so", .verdict = CLEAN},
	{.command = "statics-runtime race $CASES/libstatics.so", .verdict = CLEAN},
	{.command = "statics failed $CASES/libstatics.so", .verdict = CLEAN},
	{.command = "statics-runtime failed $CASES/libstatics.so", .verdict = CLEAN},
	{.command = "once posix", .verdict = CLEAN},
	{.command = "once c11", .verdict = CLEAN},

	/* What atfork handlers do to locks. */
	{.command = "handlers released", .verdict = CLEAN},
	{.command = "handlers remade", .verdict = CLEAN},
	{.command = "handlers kept-child",
	 .verdict = WARNED,
	 .code = "FC007",
	 .lock = "guarded",
	 .handler = "before",
	 .handler_library = "handlers",
	 .fork = "main@FORK",
	 .acquired = "before@LOCK",
	 .says = "child"},
	{.command = "handlers kept-parent",
	 .verdict = WARNED,
	 .code = "FC007",
	 .lock = "guarded",
	 .handler = "before",
	 .handler_library = "handlers",
	 .fork = "main@FORK",
	 .acquired = "before@LOCK",
	 .says = "parent"},
	{.command = "handlers recursive",
	 .verdict = MISUSED,
	 .lock = "guarded",
	 .handler = "in_child",
	 .handler_library = "handlers",
	 .fork = "main@FORK",
	 .acquired = "before@LOCK",
	 .child = "in_child@UNLOCK main@FORK"},
	{.command = "handlers rwlock",
	 .verdict = MISUSED,
	 .lock = "guarded_rwlock",
	 .kind = "rwlock",
	 .handler = "in_child",
	 .fork = "main@FORK",
	 .acquired = "before@WRITE",
	 .child = "in_child@UNWRITE main@FORK"},
	{.command = "handlers foreign",
	 .verdict = MISUSED,
	 .lock = "guarded",
	 .handler = "in_child",
	 .fork = "main@FORK",
	 .acquired = "other@OTHER",
	 .child = "in_child@UNLOCK main@FORK",
	 .created = "main@CREATE"},
};

START_TEST(test_lock)
{
	for (int i = run_repeats(); i > 0; i--)
		run_program_case(&cases[_i]);
}
END_TEST

Suite *locks_suite(void)
{
	Suite *suite = suite_create("locks");
	TCase *locks = tcase_create("locks");

	tcase_set_timeout(locks, 70.0 * run_repeats());
	tcase_add_loop_test(locks, test_lock, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, locks);
	return suite;
}
