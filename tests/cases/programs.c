/*
 * The case programs and the verdict that each must get. One line of the table
 * is one test; a hang stands beside its safe twin.
 */
#include "../unit/suites.h"
#include "run.h"
#include "verdict.h"

/* The same lines of mutex.c for every type. */
#define MUTEX_GUILTY(type)                                                                         \
	{                                                                                          \
		.command = "mutex " type " hang", .verdict = GUILTY, .lock = "shared_mutex",       \
		.holder = "mutex", .start_routine = "holder", .fork = "main@FORK",                 \
		.acquired = "holder@ACQUIRE", .child = "work@CHILD", .created = "main@CREATE",     \
		.initialised = "initialise@INITIALISE", .headline_waits = "work@CHILD",            \
		.headline_forked = "main@FORK", .headline_who = "holder@ACQUIRE",                  \
	}
/* Asked for, in vain: the child goes on. */
#define MUTEX_TRIED(type, mode, frames)                                                            \
	{                                                                                          \
		.command = "mutex " type " " mode, .verdict = WARNED, .code = "FC003",             \
		.lock = "shared_mutex", .start_routine = "holder", .fork = "main@FORK",            \
		.acquired = "holder@ACQUIRE", .child = frames, .created = "main@CREATE",           \
		.initialised = "initialise@INITIALISE",                                            \
	}
#define HOLDER(mode, name, routine)                                                                \
	{                                                                                          \
		.command = "holders " mode, .verdict = GUILTY, .lock = "held_mutex",               \
		.holder = name, .start_routine = routine, .fork = "fork_and_lock@FORK",            \
		.acquired = "hold@ACQUIRE", .child = "fork_and_lock@CHILD",                        \
	}
#define LIBRARY_SOURCES "libraries/libjournal.c programs/library-linked.c"

#define JOINS(what, mark)                                                                          \
	.command = "joins " what, .verdict = MISUSED, .code = "FC015",                             \
	.child = "handle@" mark " work@HANDLE main@CHILD", .missing = "joins", .missing_count = 1, \
	.created = "start@CREATE"
#define LOSES(what, frames)                                                                        \
	.command = "lost-work " what, .verdict = WARNED, .code = "FC013", .fork = "main@FORK",     \
	.child = frames, .missing = "lost-work", .missing_count = 1,                               \
	.created = "start_worker@CREATE"
#define HANDLES(what, mark)                                                                        \
	.command = "joins " what, .verdict = WARNED, .code = "FC015",                              \
	.child = "handle@" mark " work@HANDLE main@CHILD", .missing = "joins", .missing_count = 1

#define CRASHES(how, frames)                                                                       \
	.command = "crashes " how, .verdict = WARNED, .code = "FC015", .fork = "main@FORK",        \
	.child = frames, .missing = "crashes", .created = "start@CREATE"
#define DESTROYS(how, frames)                                                                      \
	.command = "crashes-cpp " how, .verdict = MISUSED, .code = "FC015", .fork = "main@FORK",   \
	.child = frames, .missing = "crashes-cpp", .says = "destroys a std::thread of a thread",   \
	.sources = "programs/crashes-cpp.cpp", .program_status = 134

static const struct program_case cases[] = {
	/* Every type of mutex. */
	MUTEX_GUILTY("normal"),
	MUTEX_GUILTY("recursive"),
	MUTEX_GUILTY("errorcheck"),
	MUTEX_GUILTY("adaptive"),
	MUTEX_GUILTY("robust"),
	{.command = "mutex normal released", .verdict = CLEAN},
	{.command = "mutex recursive released", .verdict = CLEAN},
	{.command = "mutex errorcheck released", .verdict = CLEAN},
	{.command = "mutex adaptive released", .verdict = CLEAN},
	{.command = "mutex robust released", .verdict = CLEAN},
	{.command = "mutex inherit released", .verdict = CLEAN},
	/* The kernel refuses to wait for the owner of another process' futex: glibc aborts the
	 * child, unless forkcheck was faster. */
	{.command = "mutex inherit hang",
	 .verdict = GUILTY,
	 .lock = "shared_mutex",
	 .start_routine = "holder",
	 .fork = "main@FORK",
	 .acquired = "holder@ACQUIRE",
	 .child = "work@CHILD",
	 .program_status = ANY},
	{.command = "mutex-optimised normal hang",
	 .verdict = GUILTY,
	 .lock = "shared_mutex",
	 .start_routine = "holder",
	 .fork = "main@FORK",
	 .acquired = "holder@ACQUIRE",
	 .child = "work@CHILD",
	 .sources = "programs/mutex.c"},
	{.command = "mutex-optimised normal released", .verdict = CLEAN},

	/* Held, but the child does not wait for it. */
	{.command = "mutex normal latent",
	 .verdict = WARNED,
	 .lock = "shared_mutex",
	 .start_routine = "holder",
	 .fork = "main@FORK",
	 .acquired = "holder@ACQUIRE",
	 .created = "main@CREATE"},
	{.command = "mutex recursive latent", .verdict = WARNED, .lock = "shared_mutex"},
	{.command = "mutex robust latent", .verdict = WARNED, .lock = "shared_mutex"},
	{.command = "mutex inherit latent", .verdict = WARNED, .lock = "shared_mutex"},
	{.command = "mutex normal exec", .verdict = CLEAN},
	MUTEX_TRIED("normal", "try", "try_to_lock@TRY work@CALL_TRY"),
	MUTEX_TRIED("normal", "timed", "lock_within@TIMED"),
	MUTEX_TRIED("normal", "clock", "lock_within@CLOCK"),
	MUTEX_TRIED("recursive", "try", "try_to_lock@TRY"),
	MUTEX_TRIED("robust", "timed", "lock_within@TIMED"),
	MUTEX_TRIED("inherit", "try", "try_to_lock@TRY"),
	{.command = "mutex normal remade-try", .verdict = CLEAN},
	{.command = "mutex recursive remade-try", .verdict = CLEAN},
	{.command = "mutex normal try-hang", .verdict = GUILTY, .lock = "shared_mutex"},
	{.command = "mutex normal remade", .verdict = CLEAN},
	{.command = "mutex recursive remade", .verdict = CLEAN},
	{.command = "mutex normal overwritten", .verdict = CLEAN},

	/* Shared between processes, or left by an owner that died. */
	{.command = "shared lives", .verdict = CLEAN},
	{.command = "shared robust", .verdict = CLEAN},
	{.command = "shared process-died", .verdict = CLEAN},
	{.command = "shared thread-died", .verdict = CLEAN},

	/* A condition wait gives the mutex up and takes it back: held since it was locked. */
	{.command = "condition parked", .verdict = CLEAN},
	{.command = "condition returned",
	 .verdict = GUILTY,
	 .lock = "queue_mutex",
	 .start_routine = "consumer",
	 .fork = "fork_and_lock@FORK returned@RETURNED",
	 .acquired = "consumer@ENTER",
	 .child = "fork_and_lock@CHILD"},
	{.command = "condition timed-out",
	 .verdict = GUILTY,
	 .lock = "queue_mutex",
	 .start_routine = "timed_consumer",
	 .acquired = "timed_consumer@TIMED"},
	{.command = "condition cancelled", .verdict = CLEAN},
	{.command = "condition cleaning-up",
	 .verdict = GUILTY,
	 .lock = "queue_mutex",
	 .start_routine = "cancelled_consumer",
	 .acquired = "cancelled_consumer@CANCELLED"},

	/* Handlers that hold the lock across the fork, wherever they come from. */
	{.command = "atfork released", .verdict = CLEAN},
	{.command = "atfork remade", .verdict = CLEAN},
	{.command = "library-linked protected", .verdict = CLEAN},
	{.command = "library-loaded protected $CASES/libjournal.so", .verdict = CLEAN},
	{.command = "library-loaded unloaded $CASES/libjournal.so", .verdict = CLEAN},
	{.command = "library-linked hang",
	 .verdict = GUILTY,
	 .lock = "journal_mutex",
	 .start_routine = "journal_holder",
	 .fork = "fork_and_write@FORK",
	 .acquired = "journal_holder@ACQUIRE",
	 .child = "journal_write@WRITE fork_and_write@CHILD",
	 .created = "journal_hold@CREATE",
	 .sources = LIBRARY_SOURCES},
	{.command = "library-loaded hang $CASES/libjournal.so",
	 .verdict = GUILTY,
	 .lock = "journal_mutex",
	 .start_routine = "journal_holder",
	 .acquired = "journal_holder@ACQUIRE",
	 .child = "journal_write@WRITE",
	 .created = "journal_hold@CREATE",
	 .sources = "libraries/libjournal.c"},

	/* The forking thread's own lock. Types with an owner do not know it again in the child. */
	{.command = "own normal unlock", .verdict = CLEAN},
	{.command = "own normal latent", .verdict = CLEAN},
	{.command = "own recursive latent", .verdict = CLEAN},
	/* A normal one is not to be had without a fork either. */
	{.command = "own normal try", .verdict = CLEAN},
	{.command = "own recursive try",
	 .verdict = WARNED,
	 .code = "FC003",
	 .lock = "own_mutex",
	 .fork = "main@FORK",
	 .acquired = "lock_own@ACQUIRE main@CALL",
	 .child = "work@TRY main@WORK"},
	{.command = "own normal relock",
	 .verdict = GUILTY,
	 .lock = "own_mutex",
	 .holder = "own",
	 .fork = "main@FORK",
	 .acquired = "lock_own@ACQUIRE main@CALL",
	 .child = "work@CHILD main@WORK"},
	{.command = "own recursive unlock",
	 .verdict = GUILTY,
	 .lock = "own_mutex",
	 .holder = "own",
	 .fork = "main@FORK",
	 .acquired = "lock_own@ACQUIRE main@CALL",
	 .child = "work@CHILD main@WORK"},
	{.command = "own recursive relock", .verdict = GUILTY, .lock = "own_mutex"},
	{.command = "own errorcheck unlock", .verdict = GUILTY, .lock = "own_mutex"},
	{.command = "own errorcheck relock", .verdict = GUILTY, .lock = "own_mutex"},

	/* Python: a thread of it is inside a C library when multiprocessing forks. */
	{.command = "/usr/bin/python3 $SCRIPTS/journal.py $CASES/libjournal.so",
	 .verdict = GUILTY,
	 .lock = "journal_mutex",
	 .acquired = "journal_keep@KEEP",
	 .child = "journal_write@WRITE",
	 .sources = "libraries/libjournal.c"},
	{.command = "/usr/bin/python3 $SCRIPTS/journal.py $CASES/libjournal.so released",
	 .verdict = CLEAN},

	/* C++. */
	{.command = "standard released", .verdict = CLEAN},
	{.command = "standard hang",
	 .verdict = GUILTY,
	 .lock = "service::state_mutex",
	 .fork = "main@FORK",
	 .acquired = "service::update_state@ACQUIRE",
	 .child = "service::reader::read_state@CHILD",
	 .sources = "programs/standard.cpp"},

	/* What the prepare handlers see is not what the child gets: never accuse by it. */
	{.command = "busy none", .verdict = NOT_GUILTY},
	{.command = "busy try", .verdict = NOT_GUILTY},
	{.command = "busy free-only", .verdict = NOT_GUILTY},
	{.command = "busy remade", .verdict = CLEAN},

	/* Who held it. */
	HOLDER("plain", "holders", "plain"),
	HOLDER("detached", "holders", "plain"),
	HOLDER("detached-later", "holders", "plain"),
	HOLDER("small-stack", "holders", "plain"),
	HOLDER("named", "named-by-main", "plain"),
	HOLDER("self-named", "self-named", "names_itself"),
	HOLDER("prctl", "prctl-named", "names_itself_by_prctl"),
	HOLDER("c11", "holders", "c11"),
	{.command = "holders main",
	 .verdict = GUILTY,
	 .lock = "held_mutex",
	 .holder = "holders",
	 .fork = "fork_and_lock@FORK forks@FORKS",
	 .acquired = "main_holds@MAIN",
	 .child = "fork_and_lock@CHILD forks@FORKS"},

	/* Where it is, and how it was taken. */
	{.command = "places heap",
	 .verdict = GUILTY,
	 .lock = "",
	 .acquired = "holder@ACQUIRE",
	 .initialised = "connection_new@INITIALISE choose@NEW"},
	{.command = "places member", .verdict = GUILTY, .lock = "pool+0x8"},
	{.command = "places element", .verdict = GUILTY, .lock = "table+0x68"},
	{.command = "places wrapped",
	 .verdict = GUILTY,
	 .lock = "wrapped_mutex",
	 .start_routine = "wrapped_holder",
	 .acquired = "take@TAKE enter@ENTER wrapped_holder@WRAPPED"},
	{.command = "places deep",
	 .verdict = GUILTY,
	 .lock = "wrapped_mutex",
	 .start_routine = "deep_holder",
	 .acquired = "holder@ACQUIRE descend@DEEP descend@DESCEND descend@DESCEND"},

	/* More locks than a thread's own table has room for. */
	{.command = "stripes hang",
	 .verdict = GUILTY,
	 .other_locks = true,
	 .lock = "stripes+0x4df8",
	 .kind = "mutex",
	 .start_routine = "holder",
	 .fork = "main@FORK",
	 .acquired = "take_all@ACQUIRE holder@TAKE",
	 .child = "main@CHILD",
	 .created = "main@CREATE"},
	{.command = "stripes released", .verdict = CLEAN},
	{.command = "stripes remade", .verdict = CLEAN},

	/* Children of children, children with threads. */
	{.command = "family grandchild",
	 .verdict = GUILTY,
	 .lock = "family_mutex",
	 .start_routine = "holder",
	 .fork = "main@FORK",
	 .acquired = "holder@ACQUIRE",
	 .last_fork = "lock_in_grandchild@AGAIN",
	 .child = "lock_in_grandchild@GRANDCHILD"},
	{.command = "family second",
	 .verdict = GUILTY,
	 .other_locks = true,
	 .lock = "other_mutex",
	 .start_routine = "holder",
	 .fork = "hold_in_child@SECOND",
	 .acquired = "holder@ACQUIRE",
	 .child = "hold_in_child@OTHER"},
	{.command = "family thread",
	 .verdict = GUILTY,
	 .lock = "family_mutex",
	 .fork = "main@FORK",
	 .acquired = "holder@ACQUIRE",
	 .child = "locks@THREAD"},
	{.command = "family remade", .verdict = CLEAN},
	{.command = "family contended", .verdict = WARNED, .lock = "family_mutex"},

	/* Held, and left alone; does anybody ever ask for it? */
	{.command = "heirs mutex asks", .verdict = WARNED, .says = "took it in take (heirs.c:"},
	{.command = "heirs rwlock asks", .verdict = WARNED, .says = "took it in take (heirs.c:"},
	{.command = "heirs spin asks", .verdict = WARNED, .says = "took it in take (heirs.c:"},
	{.command = "heirs mutex below", .verdict = WARNED, .says = "took it in take (heirs.c:"},
	{.command = "heirs mutex ignores", .verdict = CLEAN},
	{.command = "heirs rwlock ignores", .verdict = CLEAN},
	{.command = "heirs mutex remade", .verdict = CLEAN},
	{.command = "heirs mutex replaced", .verdict = CLEAN},

	/* Work for threads that the child does not have. */
	{LOSES("semaphore lost", "give@POST work@CALL main@CHILD"), .lock = "own_semaphore",
	 .kind = "semaphore", .waiting_in = "sem_post", .headline_waits = "give@POST",
	 .headline_forked = "main@FORK", .says = "By the end of the child nobody had taken it"},
	{LOSES("semaphore exec", "give@POST work@CALL main@CHILD"), .kind = "semaphore"},
	{LOSES("semaphore thrice", "give@POST work@THRICE main@CHILD"), .kind = "semaphore",
	 .says = "posted own_semaphore 3 times"},
	{LOSES("semaphore below", "give@POST work_below@BELOW main@IN_BELOW"), .kind = "semaphore",
	 .last_fork = "work_below@FORK_BELOW"},
	{.command = "lost-work semaphore nothing", .verdict = CLEAN},
	{.command = "lost-work semaphore started", .verdict = CLEAN},
	{.command = "lost-work semaphore briefly", .verdict = CLEAN},
	{.command = "lost-work semaphore remade", .verdict = CLEAN},
	{.command = "lost-work semaphore drained", .verdict = CLEAN},
	{.command = "lost-work semaphore shared", .verdict = CLEAN},
	{.command = "lost-work semaphore mapped", .verdict = CLEAN},
	{.command = "lost-work semaphore back", .verdict = CLEAN},
	{.command = "lost-work semaphore exit", .verdict = CLEAN},
	{.command = "lost-work semaphore handler", .verdict = CLEAN},
	{.command = "lost-work semaphore busy", .verdict = CLEAN},
	{LOSES("condition lost", "give@SIGNAL work@CALL main@CHILD"), .lock = "own_queue+0x28",
	 .kind = "condition variable", .waiting_in = "pthread_cond_signal"},
	{LOSES("condition exec", "give@SIGNAL work@CALL main@CHILD"), .kind = "condition variable"},
	{LOSES("condition thrice", "give@SIGNAL work@THRICE main@CHILD"),
	 .kind = "condition variable", .says = "3 times"},
	{LOSES("condition below", "give@SIGNAL work_below@BELOW main@IN_BELOW"),
	 .kind = "condition variable", .last_fork = "work_below@FORK_BELOW"},
	/* A note, which is not asked for. */
	{.command = "lost-work condition broadcast", .verdict = CLEAN},
	{.command = "lost-work condition nothing", .verdict = CLEAN},
	{.command = "lost-work condition started", .verdict = CLEAN},
	{.command = "lost-work condition briefly", .verdict = CLEAN},
	{.command = "lost-work condition remade", .verdict = CLEAN},
	{.command = "lost-work condition drained", .verdict = CLEAN},
	{.command = "lost-work condition shared", .verdict = CLEAN},
	{.command = "lost-work condition mapped", .verdict = CLEAN},
	{.command = "lost-work condition lock", .verdict = CLEAN},
	{.command = "lost-work condition exit", .verdict = CLEAN},
	{.command = "lost-work condition handler", .verdict = CLEAN},
	{.command = "lost-work condition busy", .verdict = CLEAN},

	/* Threads that the child does not have, by their handles. */
	{JOINS("join", "JOIN"), .fork = "main@FORK", .says = "returns 0, as if the thread had"},
	{JOINS("try", "TRY"), .fork = "main@FORK"},
	{JOINS("timed", "TIMED"), .fork = "main@FORK"},
	{JOINS("clock", "CLOCK"), .fork = "main@FORK"},
	{JOINS("c11", "C11"), .fork = "main@FORK"},
	{.command = "joins early",
	 .verdict = MISUSED,
	 .code = "FC015",
	 .child = "fork_early@EARLY",
	 .missing = "joins",
	 .missing_count = 1},
	{.command = "joins below",
	 .verdict = MISUSED,
	 .code = "FC015",
	 .fork = "main@FORK",
	 .child = "handle@JOIN work@BELOW main@CHILD",
	 .missing = "joins",
	 .missing_count = 1},
	{.command = "joins raw",
	 .verdict = GUILTY,
	 .code = "FC015",
	 .fork = "main@RAW",
	 .child = "handle@JOIN work@HANDLE main@CHILD",
	 .waiting_in = "pthread_join",
	 .missing = "joins",
	 .missing_count = 1,
	 .action = "killed"},
	{HANDLES("cancel", "CANCEL"), .says = "reaches nobody"},
	{HANDLES("detach", "DETACH")},
	{HANDLES("kill", "KILL")},
	{.command = "joins ask", .verdict = CLEAN},
	{.command = "joins own", .verdict = CLEAN},
	{.command = "joins reused", .verdict = CLEAN},
	{.command = "joins ended", .verdict = CLEAN},
	{.command = "joins returned", .verdict = CLEAN},

	/* Children that a signal ends. */
	{CRASHES("store", "store@STORE crash@STORES main@CHILD"), .says = "SIGSEGV (address 0x0)",
	 .program_status = 139},
	{CRASHES("call", "crash@CALL main@CHILD"), .program_status = 139},
	{CRASHES("abort", "crash@ABORT main@CHILD"), .says = "was ended by SIGABRT",
	 .program_status = 134},
	{CRASHES("divide", "crash@DIVIDE main@CHILD"), .says = "was ended by SIGFPE",
	 .program_status = 136},
	{CRASHES("trap", "crash@TRAP main@CHILD"), .says = "was ended by SIGILL",
	 .program_status = 132},
	{CRASHES("loop", "store@STORE"), .program_status = 139},
	{.command = "crashes join",
	 .verdict = MISUSED,
	 .code = "FC015",
	 .fork = "main@FORK",
	 .child = "join_all@JOIN crash@JOINS main@CHILD",
	 .missing = "crashes",
	 .missing_count = 1,
	 .created = "start@CREATE",
	 .says = "and crashes there",
	 .program_status = 139},
	{.command = "crashes deep",
	 .verdict = WARNED,
	 .code = "FC015",
	 .fork = "main@FORK",
	 .missing = "crashes",
	 .says = "Where it was is not known",
	 .program_status = 139},
	{.command = "crashes handled", .verdict = CLEAN},
	{.command = "crashes exec", .verdict = CLEAN, .program_status = 134},
	{.command = "crashes single", .verdict = CLEAN, .program_status = 139},
	{.command = "crashes kill", .verdict = CLEAN, .program_status = 143},
	{.command = "crashes other", .verdict = CLEAN, .program_status = 139},
	{DESTROYS("pool", "pool::~pool@DESTROY crash@POOL main@CHILD")},
	{DESTROYS("assign", "crash@ASSIGN main@CHILD")},
	{DESTROYS("exit", "pool::~pool@DESTROY crash@EXIT main@CHILD")},
	{.command = "crashes-cpp own",
	 .verdict = WARNED,
	 .code = "FC015",
	 .child = "destroy_own@OWN",
	 .sources = "programs/crashes-cpp.cpp",
	 .program_status = 134},
	{.command = "crashes-cpp throw",
	 .verdict = WARNED,
	 .code = "FC015",
	 .child = "crash@THROW main@CHILD",
	 .sources = "programs/crashes-cpp.cpp",
	 .program_status = 134},
	{.command = "crashes-cpp joined",
	 .verdict = MISUSED,
	 .code = "FC015",
	 .child = "pool::stop@JOIN crash@STOP main@CHILD",
	 .sources = "programs/crashes-cpp.cpp"},

	/* Nothing to say. */
	{.command = "calm single", .verdict = CLEAN},
	{.command = "calm idle", .verdict = CLEAN},
	{.command = "calm spawn", .verdict = CLEAN},
	{.command = "calm shell", .verdict = CLEAN},
};

START_TEST(test_program)
{
	for (int i = run_repeats(); i > 0; i--)
		run_program_case(&cases[_i]);
}
END_TEST

Suite *programs_suite(void)
{
	Suite *suite = suite_create("programs");
	TCase *programs = tcase_create("programs");

	tcase_set_timeout(programs, 70.0 * run_repeats());
	tcase_add_loop_test(programs, test_program, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, programs);
	return suite;
}
