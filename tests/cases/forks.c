/*
 * Every way to make a process, with a lock that another thread holds: a fork is
 * seen however it was made, and named; what is no fork is left alone. One line
 * of the table is one test; a hang stands beside its safe twin.
 */
#include "../unit/suites.h"
#include "machine.h"
#include "run.h"
#include "verdict.h"

/* The child waits for the lock that the other thread has. */
#define HANG(way, name, frames, ...)                                                               \
	{                                                                                          \
		.command = "forks " way " hang", .verdict = GUILTY, .lock = "fork_mutex",          \
		.holder = "forks", .start_routine = "holder", .function = name, .fork = frames,    \
		.acquired = "holder@ACQUIRE", .child = "work@CHILD", .action = "killed",           \
		.program_status = ANY, __VA_ARGS__                                                 \
	}
#define LATENT(way, name)                                                                          \
	{                                                                                          \
		.command = "forks " way " latent", .verdict = WARNED, .lock = "fork_mutex",        \
		.holder = "forks", .function = name, .acquired = "holder@ACQUIRE"                  \
	}
#define SAFE(way)                                                                                  \
	{.command = "forks " way " released", .verdict = CLEAN},                                   \
	{                                                                                          \
		.command = "forks " way " exec", .verdict = CLEAN                                  \
	}
/* A lock of libc's own, which fork() would have repaired. */
#define UNREPAIRED(arguments, name, call, frame)                                                   \
	{                                                                                          \
		.command = "repairs " arguments " hang", .verdict = GUILTY, .code = "FC002",       \
		.function = name, .waiting_in = call, .child = frame " main@WORK",                 \
		.missing = "repairs", .missing_count = 1, .action = "killed",                      \
		.says = "does not repair libc's own locks"                                         \
	}
#define HARMLESS(way)                                                                              \
	{                                                                                          \
		.command = "harmless " way, .verdict = CLEAN, .program_status = 7                  \
	}

static const struct program_case cases[] = {
	/* With atfork handlers, by way of a wrapper or past it. */
	HANG("fork", "fork", "fork_plainly@FORK fork_and_work@PLAINLY"),
	SAFE("fork"),
	HANG("forkpty", "forkpty", "fork_on_terminal@TERMINAL fork_plainly@FORKPTY"),
	LATENT("forkpty", "forkpty"),
	SAFE("forkpty"),
	HANG("daemon", "daemon", "fork_daemon@DAEMON"),
	LATENT("daemon", "daemon"),
	SAFE("daemon"),
	HANG("dlsym", "fork", "fork_from_libc@FROM_LIBC fork_plainly@DLSYM"),
	LATENT("dlsym", "fork"),
	SAFE("dlsym"),

	/* Without. */
	HANG("_Fork", "_Fork", "fork_plainly@UNDERSCORE fork_and_work@PLAINLY"),
	LATENT("_Fork", "_Fork"),
	SAFE("_Fork"),
	HANG("clone", "clone", "clone_with@CLONE fork_plainly@WITH"),
	LATENT("clone", "clone"),
	SAFE("clone"),
	HANG("clone-vfork", "clone", "clone_with@CLONE fork_plainly@WITH_VFORK"),
	LATENT("clone-vfork", "clone"),
	SAFE("clone-vfork"),
	HANG("sys-fork", FORK_CALL_NAME, "fork_plainly@SYS_FORK"),
	LATENT("sys-fork", FORK_CALL_NAME),
	SAFE("sys-fork"),
	HANG("sys-clone", "syscall(SYS_clone)", "fork_plainly@SYS_CLONE"),
	LATENT("sys-clone", "syscall(SYS_clone)"),
	SAFE("sys-clone"),
	HANG("sys-clone3", "syscall(SYS_clone3)", "clone3_with@CLONE3 fork_plainly@SYS_CLONE3"),
	LATENT("sys-clone3", "syscall(SYS_clone3)"),
	SAFE("sys-clone3"),

	/* Past everything: found out in the child. How it came to be is not known. */
	HANG("dlsym-_Fork", "", NULL),
	LATENT("dlsym-_Fork", ""),
	SAFE("dlsym-_Fork"),
	HANG("instruction", "", NULL),
	LATENT("instruction", ""),
	SAFE("instruction"),

	/* From a signal handler, also one that interrupts a lock or a fork. */
	HANG("handler", "fork", "fork_plainly@FORK fork_and_work@PLAINLY on_signal@HANDLED"),
	LATENT("handler", "fork"),
	SAFE("handler"),
	HANG("in-lock", "fork", "on_signal_in_lock@IN_LOCK fork_in_lock@WAITING",
	     .other_locks = true),
	{.command = "forks in-lock exec", .verdict = CLEAN},
	/* The child goes back into the lock that was interrupted. */
	{.command = "forks in-lock return",
	 .verdict = GUILTY,
	 .lock = "wanted_mutex",
	 .fork = "on_signal_in_lock@IN_LOCK fork_in_lock@WAITING",
	 .child = "fork_in_lock@WAITING",
	 .waiting_in = "pthread_mutex_lock",
	 .action = "killed"},
	HANG("in-fork", "fork", "on_signal_in_fork@INNER raise_once@IN_FORK"),
	SAFE("in-fork"),
	/* The child of the handler goes back into the interrupted fork and has a child, too. */
	{.command = "forks in-fork return", .verdict = CLEAN},

	/* From a child, and from threads that the shim was not told of. */
	{.command = "forks grandchild hang",
	 .verdict = GUILTY,
	 .lock = "fork_mutex",
	 .holder = "forks",
	 .start_routine = "holder",
	 .function = "fork",
	 .fork = "fork_in_child@FIRST",
	 .last_fork = "fork_plainly@UNDERSCORE fork_and_work@PLAINLY fork_in_child@SECOND",
	 .acquired = "holder@ACQUIRE",
	 .child = "work@CHILD",
	 .action = "killed",
	 .program_status = ANY},
	{.command = "forks grandchild released", .verdict = CLEAN},
	HANG("unseen-thread", "fork", "fork_plainly@FORK fork_and_work@PLAINLY fork_there@THERE"),
	LATENT("unseen-thread", "fork"),
	SAFE("unseen-thread"),
	HANG("raw-thread", "fork", "fork_plainly@FORK fork_and_work@PLAINLY run_raw_thread@RAW"),
	SAFE("raw-thread"),

	/* What fork() repairs and the other ways do not. */
	{.command = "repairs fork stdio hang", .verdict = CLEAN},
	UNREPAIRED("_Fork stdio", "_Fork", "fputc", "work@STDIO"),
	{.command = "repairs _Fork stdio released", .verdict = CLEAN},
	UNREPAIRED("_Fork malloc", "_Fork", "malloc", "work@MALLOC"),
	{.command = "repairs _Fork malloc released", .verdict = CLEAN},
	UNREPAIRED("syscall malloc", FORK_CALL_NAME, "malloc", "work@MALLOC"),
	{.command = "repairs syscall malloc released", .verdict = CLEAN},

	/* No forks: the child has its parent's memory, or execs before it uses it. */
	HARMLESS("vfork"),
	HARMLESS("busy-vfork"),
	HARMLESS("posix_spawn"),
	HARMLESS("posix_spawnp"),
	HARMLESS("system"),
	HARMLESS("popen"),
	HARMLESS("clone-vm"),
	HARMLESS("clone-thread"),
	/* A vfork child clears its own timer, not that of its parent. */
	{.command = "harmless timer", .verdict = WARNED, .program_status = 7},
	/* Results and errno, in parent and child. */
	{.command = "harmless results", .verdict = WARNED, .program_status = 7},
};

START_TEST(test_fork)
{
	for (int i = run_repeats(); i > 0; i--)
		run_program_case(&cases[_i]);
}
END_TEST

Suite *forks_suite(void)
{
	Suite *suite = suite_create("forks");
	TCase *forks = tcase_create("forks");

	tcase_set_timeout(forks, 70.0 * run_repeats());
	tcase_add_loop_test(forks, test_fork, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, forks);
	return suite;
}
