/*
 * Starting a program: what it inherits, what becomes of its status and of
 * signals. Each test is a process of its own, so that handlers and children
 * stay in it.
 */
#include "cli/commands/options.h"
#include "cli/run/launch.h"
#include "support.h"
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

Suite *launch_suite(void);

#define SHIM BUILD_DIRECTORY "/libforkcheck.so"

static struct session_header header;
static struct session session = {.path = (char *)"/dev/shm/no-such-session", .header = &header};
static struct launched launched;

static bool has_ended(void *nothing)
{
	(void)nothing;
	launch_reap(&launched);
	return launched.ended;
}

/* Runs a shell script to its end. Returns its status as of waitpid(). */
static int run_script(const char *script)
{
	char *arguments[] = {(char *)"/bin/sh", (char *)"-c", (char *)script, NULL};

	ck_assert_int_eq(launch(&launched, arguments, &session, SHIM), 0);
	ck_assert(support_until(has_ended, NULL));
	return launched.status;
}

static void expect_success(const char *script)
{
	ck_assert_msg(run_script(script) == 0, "%s", script);
}

START_TEST(passes_the_exit_status_on)
{
	run_script("exit 7");
	ck_assert_int_eq(launch_exit_status(&launched), 7);
	ck_assert(!launched.has_children);
	run_script("exit 0");
	ck_assert_int_eq(launch_exit_status(&launched), 0);
	run_script("kill -9 $$");
	ck_assert_int_eq(launch_exit_status(&launched), -1);
	ck_assert_int_eq(WTERMSIG(launched.status), SIGKILL);
}
END_TEST

START_TEST(hands_the_session_and_the_shim_over)
{
	unsetenv("LD_PRELOAD");
	expect_success("test \"$LD_PRELOAD\" = '" SHIM "'");
	expect_success("test \"$" SESSION_ENVIRONMENT "\" = /dev/shm/no-such-session");
	setenv("LD_PRELOAD", "", 1);
	expect_success("test \"$LD_PRELOAD\" = '" SHIM "'");
	/* Of our own environment nothing has changed. */
	ck_assert_str_eq(getenv("LD_PRELOAD"), "");
	ck_assert_ptr_null(getenv(SESSION_ENVIRONMENT));
}
END_TEST

START_TEST(preloads_after_what_the_user_preloads)
{
	setenv("LD_PRELOAD", SHIM, 1);
	expect_success("test \"$LD_PRELOAD\" = '" SHIM ":" SHIM "'");
}
END_TEST

struct failure {
	const char *program;
	int status;
	const char *text;
};

static const struct failure failures[] = {
	{"no-such-program-anywhere", EXIT_NOT_FOUND, "no such program; check the name and PATH"},
	{"/no/such/program", EXIT_NOT_FOUND, "no such program; check the name and PATH"},
	{"/", EXIT_NOT_EXECUTABLE, "it is a directory"},
	{"/etc/passwd", EXIT_NOT_EXECUTABLE, "Permission denied"},
	{"/etc/passwd/program", EXIT_NOT_EXECUTABLE, "Not a directory"},
	{"", EXIT_NOT_FOUND, "no such program"},
};

START_TEST(explains_what_cannot_be_run)
{
	const struct failure *failure = &failures[_i];
	char *arguments[] = {(char *)failure->program, NULL};
	const char *text;
	int result;

	support_errors_begin();
	result = launch(&launched, arguments, &session, SHIM);
	text = support_errors_end();
	ck_assert_int_eq(result, failure->status);
	ck_assert_int_eq(strncmp(text, "forkcheck: cannot run '", 23), 0);
	ck_assert_msg(strstr(text, failure->text) != NULL, "%s", text);
	ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
	/* Its process is gone. */
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
}
END_TEST

START_TEST(explains_a_missing_interpreter)
{
	const char *folder = support_folder(), *text;
	char path[512], *arguments[] = {path, NULL};
	FILE *script;
	int result;

	snprintf(path, sizeof(path), "%s/script", folder);
	script = fopen(path, "we");
	ck_assert_ptr_nonnull(script);
	fputs("#!/no/such/interpreter\n", script);
	fclose(script);
	ck_assert_int_eq(chmod(path, 0755), 0);
	support_errors_begin();
	result = launch(&launched, arguments, &session, SHIM);
	text = support_errors_end();
	support_remove_folder(folder);
	ck_assert_int_eq(result, EXIT_NOT_FOUND);
	ck_assert_ptr_nonnull(strstr(text, "its interpreter is missing"));
}
END_TEST

/* The program's signals are as forkcheck got them, whatever forkcheck catches. */
START_TEST(restores_signals_for_the_program)
{
	sigset_t mask;

	signal(SIGUSR1, SIG_IGN);
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR2);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	launch_catch_signals();
	/* 0x1: SIGHUP, 0x200: SIGUSR1, 0x800: SIGUSR2, 0x1000: SIGPIPE, 0x10000: SIGCHLD */
	expect_success("while read name value; do case $name in\n"
		       "SigBlk:) test $((0x$value)) = $((0x800)) || exit 1;;\n"
		       "SigIgn:) test $((0x$value & 0x11201)) = $((0x200)) || exit 2;;\n"
		       "SigCgt:) test $((0x$value & 0x1)) = 0 || exit 3;;\n"
		       "esac; done </proc/self/status");
	/* And ours are as they were. */
	sigprocmask(SIG_SETMASK, NULL, &mask);
	ck_assert_int_eq(sigismember(&mask, SIGUSR2), 1);
	ck_assert_int_eq(sigismember(&mask, SIGTERM), 0);
}
END_TEST

/* Those that were open before, and the one that lists them. */
START_TEST(leaves_the_program_no_descriptor_of_ours)
{
	for (int descriptor = 3; descriptor < 256; descriptor++)
		fcntl(descriptor, F_SETFD, FD_CLOEXEC);
	expect_success("for entry in /proc/self/fd/*; do\n"
		       "test -e $entry || continue\n"
		       "case ${entry##*/} in 0|1|2) ;; *) exit 1;; esac; done");
}
END_TEST

static int start_sleep(void)
{
	char *arguments[] = {(char *)"sleep", (char *)"100", NULL};

	return launch(&launched, arguments, &session, SHIM);
}

START_TEST(passes_signals_of_others_on)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1};

	launch_catch_signals();
	ck_assert_int_eq(start_sleep(), 0);
	kill(getpid(), signals[_i]);
	ck_assert(support_until(has_ended, NULL));
	ck_assert_int_eq(WTERMSIG(launched.status), signals[_i]);
	ck_assert_int_eq(launch_interrupted(), 0);
}
END_TEST

/* As if it came from the kernel: a process may say that to itself. */
static void send_typed(int signal)
{
	siginfo_t info = {.si_signo = signal, .si_code = SI_KERNEL};

	ck_assert_int_eq((int)syscall(SYS_rt_sigqueueinfo, getpid(), signal, &info), 0);
}

START_TEST(tells_who_asks_for_an_end)
{
	struct launch_request request;
	uint32_t news = atomic_load(&header.news);

	launch_catch_signals();
	ck_assert_int_eq(start_sleep(), 0);
	send_typed(SIGINT);
	send_typed(SIGHUP);
	kill(getpid(), SIGURG);
	kill(getpid(), SIGTERM);
	ck_assert(launch_next_request(&request));
	ck_assert_int_eq(request.signal, SIGINT);
	ck_assert_int_eq(request.origin, REQUEST_TYPED);
	ck_assert_int_eq(request.sender, 0);
	ck_assert_uint_gt(request.at_ns, 0);
	ck_assert(launch_next_request(&request));
	ck_assert_int_eq(request.signal, SIGHUP);
	ck_assert_int_eq(request.origin, REQUEST_HANGUP);
	ck_assert(launch_next_request(&request));
	ck_assert_int_eq(request.signal, SIGTERM);
	ck_assert_int_eq(request.origin, REQUEST_SENT);
	ck_assert_int_eq(request.sender, getpid());
	ck_assert(!launch_next_request(&request));
	ck_assert_uint_ge(atomic_load(&header.news), news + 3);
	ck_assert(support_until(has_ended, NULL));
}
END_TEST

/* nohup, and a shell's background jobs. */
START_TEST(nobody_asks_by_what_was_ignored)
{
	struct launch_request request;

	signal(SIGHUP, SIG_IGN);
	launch_catch_signals();
	ck_assert_int_eq(start_sleep(), 0);
	kill(getpid(), SIGHUP);
	ck_assert(!launch_next_request(&request));
	kill(launched.pid, SIGKILL);
	ck_assert(support_until(has_ended, NULL));
}
END_TEST

START_TEST(forgets_none_of_the_first_requests)
{
	struct launch_request request;
	int count = 0;

	launch_catch_signals();
	ck_assert_int_eq(start_sleep(), 0);
	for (int i = 0; i < 100; i++)
		send_typed(SIGINT);
	while (launch_next_request(&request))
		count++;
	ck_assert_int_ge(count, 2);
	ck_assert_int_lt(count, 100);
	send_typed(SIGQUIT);
	ck_assert(launch_next_request(&request));
	ck_assert_int_eq(request.signal, SIGQUIT);
	kill(launched.pid, SIGKILL);
	ck_assert(support_until(has_ended, NULL));
}
END_TEST

START_TEST(remembers_a_signal_while_there_is_no_program)
{
	uint32_t news = atomic_load(&header.news);

	launch_catch_signals();
	ck_assert_int_eq(launch_interrupted(), 0);
	raise(SIGWINCH);
	raise(SIGCONT);
	ck_assert_int_eq(launch_interrupted(), 0);
	raise(SIGTERM);
	ck_assert_int_eq(launch_interrupted(), SIGTERM);
	ck_assert_uint_eq(atomic_load(&header.news), news);
}
END_TEST

START_TEST(remembers_a_signal_after_the_program)
{
	launch_catch_signals();
	run_script("exit 0");
	raise(SIGINT);
	ck_assert_int_eq(launch_interrupted(), SIGINT);
}
END_TEST

/* A descendant whose parent has ended is given to us, and counts as a child. */
START_TEST(adopts_what_the_program_leaves_behind)
{
	char number[32] = {0};
	int ends[2];

	launch_adopt_orphans();
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(dup2(ends[1], 9), 9);
	run_script("sleep 100 & echo $! >&9");
	ck_assert_int_gt(read(ends[0], number, sizeof(number) - 1), 0);
	launch_reap(&launched);
	ck_assert(launched.has_children);
	kill(atoi(number), SIGKILL);
	while (launched.has_children)
		launch_reap(&launched);
	/* The status is still the program's. */
	ck_assert_int_eq(launch_exit_status(&launched), 0);
}
END_TEST

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

START_TEST(waits_as_long_as_there_is_no_news)
{
	double start = seconds();

	launch_wait(&session, 100);
	ck_assert_double_ge(seconds() - start, 0.09);
	atomic_fetch_add(&header.news, 1);
	start = seconds();
	launch_wait(&session, 10000);
	ck_assert_double_lt(seconds() - start, 5);
}
END_TEST

/* The signal came before the wait: it must not be slept over. */
START_TEST(takes_the_end_of_a_child_for_news)
{
	double start = seconds();
	siginfo_t info;

	launch_catch_signals();
	ck_assert_int_eq(start_sleep(), 0);
	launch_wait(&session, 10);
	kill(launched.pid, SIGKILL);
	while (waitid(P_PID, (id_t)launched.pid, &info, WEXITED | WNOWAIT))
		ck_assert_int_eq(errno, EINTR);
	launch_wait(&session, 10000);
	ck_assert(has_ended(NULL));
	ck_assert_double_lt(seconds() - start, 5);
}
END_TEST

START_TEST(dies_as_the_program_died)
{
	launch_catch_signals();
	if (_i == 1) {
		sigset_t all;

		sigfillset(&all);
		sigprocmask(SIG_SETMASK, &all, NULL);
	}
	launch_die_by(SIGTERM);
}
END_TEST

/* The way of the installed program: the shim is found from where it lies. */
static int run_copy(const char *folder, const char *program, const char *shim)
{
	char command[4096];

	snprintf(command, sizeof(command),
		 "mkdir -p '%s/bin' '%s/lib/forkcheck' && cp " BUILD_DIRECTORY
		 "/forkcheck '%s/%s' && { test -z '%s' || cp " SHIM " '%s/%s'; } && '%s/%s' true",
		 folder, folder, folder, program, shim, folder, shim, folder, program);
	return system(command);
}

START_TEST(finds_the_shim_from_its_own_place)
{
	static const struct {
		const char *program, *shim;
		int status;
		const char *text;
	} places[] = {
		{"forkcheck", "libforkcheck.so", 0, ""},
		{"bin/forkcheck", "lib/forkcheck/libforkcheck.so", 0, ""},
		{"bin/forkcheck", "", EXIT_FORKCHECK, "cannot find libforkcheck.so"},
		{"bin/forkcheck", "libforkcheck.so", EXIT_FORKCHECK, "cannot find libforkcheck.so"},
	};
	const char *folder = support_folder(), *text;
	char command[512];
	int status;

	support_errors_begin();
	status = run_copy(folder, places[_i].program, places[_i].shim);
	text = support_errors_end();
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	ck_assert_int_eq(system(command), 0);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), places[_i].status);
	ck_assert_msg(strstr(text, places[_i].text) != NULL, "%s", text);
	ck_assert(places[_i].status || !*text);
}
END_TEST

/* The loader would split the path. */
START_TEST(refuses_a_place_that_cannot_be_preloaded)
{
	static const char *const names[] = {"with space", "with:colon"};
	const char *folder = support_folder(), *text;
	char place[512], command[1024];
	int status;

	snprintf(place, sizeof(place), "%s/%s", folder, names[_i]);
	ck_assert_int_eq(mkdir(place, 0700), 0);
	support_errors_begin();
	status = run_copy(place, "forkcheck", "libforkcheck.so");
	text = support_errors_end();
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	ck_assert_int_eq(system(command), 0);
	ck_assert_int_eq(WEXITSTATUS(status), EXIT_FORKCHECK);
	ck_assert_ptr_nonnull(strstr(text, "the path contains a space or a colon"));
}
END_TEST

Suite *launch_suite(void)
{
	Suite *suite = suite_create("launch");
	TCase *core = tcase_create("core"), *places = tcase_create("places");

	tcase_set_timeout(core, 20);
	tcase_add_test(core, passes_the_exit_status_on);
	tcase_add_test(core, hands_the_session_and_the_shim_over);
	tcase_add_test(core, preloads_after_what_the_user_preloads);
	tcase_add_loop_test(core, explains_what_cannot_be_run, 0,
			    sizeof(failures) / sizeof(*failures));
	tcase_add_test(core, explains_a_missing_interpreter);
	tcase_add_test(core, restores_signals_for_the_program);
	tcase_add_test(core, leaves_the_program_no_descriptor_of_ours);
	tcase_add_loop_test(core, passes_signals_of_others_on, 0, 4);
	tcase_add_test(core, tells_who_asks_for_an_end);
	tcase_add_test(core, nobody_asks_by_what_was_ignored);
	tcase_add_test(core, forgets_none_of_the_first_requests);
	tcase_add_test(core, remembers_a_signal_while_there_is_no_program);
	tcase_add_test(core, remembers_a_signal_after_the_program);
	tcase_add_test(core, adopts_what_the_program_leaves_behind);
	tcase_add_test(core, waits_as_long_as_there_is_no_news);
	tcase_add_test(core, takes_the_end_of_a_child_for_news);
	tcase_add_loop_test_raise_signal(core, dies_as_the_program_died, SIGTERM, 0, 2);
	suite_add_tcase(suite, core);

	tcase_set_timeout(places, 20);
	tcase_add_loop_test(places, finds_the_shim_from_its_own_place, 0, 4);
	tcase_add_loop_test(places, refuses_a_place_that_cannot_be_preloaded, 0, 2);
	suite_add_tcase(suite, places);
	return suite;
}
