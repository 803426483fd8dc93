/*
 * Further runs, from outside: what passes is predicted, and then confirmed or withdrawn; the
 * program gets what it got, and its status counts.
 */
#include "../unit/suites.h"
#include "command.h"
#include "run.h"

/* Of each finding above a note, and of each that was tried: code, certainty, result. */
#define SHOW_FINDINGS                                                                              \
	"/usr/bin/python3 - <<-END\n"                                                              \
	"	import json\n"                                                                           \
	"	for finding in json.load(open('report.json'))['findings']:\n"                            \
	"	    tried = finding.get('confirmation')\n"                                               \
	"	    if finding['severity'] != 'note' or tried:\n"                                        \
	"	        print(finding['code'], finding['severity'], finding['certainty'],\n"             \
	"	              tried and tried['result'], tried and tried['tries'] > 0)\n"                \
	"END\n"
#define CONFIRM "$FORKCHECK --confirm --format=json -o report.json "
/* Until the first run has not met the deadlock by itself, which leaves nothing to confirm: a busy
 * machine holds the thread up in its section now and then. */
#define CONFIRM_UNMET(program)                                                                     \
	"for run in 1 2 3; do " CONFIRM program "; status=$?\n"                                    \
	"grep -q '\"certainty\": \"proven\"' report.json || break; done; echo "                    \
	"$status\n" SHOW_FINDINGS

static const struct command_case cases[] = {
	/* What passes, and hangs in another order. */
	{"a mutex", CONFIRM_UNMET("section mutex"), 0, "66\nFC004 error confirmed confirmed True\n",
	 NULL, 0},
	{"a read-write lock", CONFIRM_UNMET("section rwlock"), 0,
	 "66\nFC004 error confirmed confirmed True\n", NULL, 0},
	{"a semaphore", CONFIRM_UNMET("section semaphore"), 0,
	 "66\nFC004 error confirmed confirmed True\n", NULL, 0},
	{"handlers that wait for who is kept", CONFIRM_UNMET("section mutex handlers"), 0,
	 "66\nFC004 error confirmed confirmed True\n", NULL, 0},
	{"a section of Python's that calls nothing",
	 CONFIRM_UNMET("/usr/bin/python3 -B $SCRIPTS/python-section.py"), 0,
	 "66\nFC004 error confirmed confirmed True\n", NULL, 0},
	{"a section that comes once, before the first fork", CONFIRM_UNMET("section mutex once"), 0,
	 "66\nFC004 error confirmed confirmed True\n", NULL, 0},
	/* What no run predicts. */
	{"a child that tries before it waits",
	 CONFIRM "section mutex tries; echo $?\n" SHOW_FINDINGS, 0,
	 "66\nFC001 error proven None None\n", NULL, 0},
	{"a handler that tries", CONFIRM "section mutex tried; echo $?\n" SHOW_FINDINGS, 0,
	 "66\nFC001 error proven None None\n", NULL, 0},
	{"what was confirmed is proven to CI", CONFIRM "--fail-on=proven section mutex", 66, "",
	 NULL, 0},
	{"what was predicted is not", "$FORKCHECK --quiet --fail-on=proven section mutex", 0, "",
	 NULL, 0},
	{"the text says in which run", "$FORKCHECK --confirm section mutex", 66, "",
	 "error FC004 reachable-deadlock \\(confirmed\\)\n.*"
	 "  runs: confirmed: in further run [1-5] child [0-9]+ hung on it, in[ \n]+"
	 "pthread_mutex_lock[ \n]+\\(FC001-[0-9a-f]+\\)",
	 0},

	/* What is safe. */
	{"a lock of Python's that its hooks have at each fork",
	 "timeout 60 " CONFIRM
	 "/usr/bin/python3 -B $SCRIPTS/python-section.py kept; echo $?\n" SHOW_FINDINGS,
	 0, "0\n", NULL, 0},
	{"a child that makes it anew", CONFIRM "section mutex anew; echo $?\n" SHOW_FINDINGS, 0,
	 "0\nFC004 note withdrawn withdrawn True\n", NULL, 0},
	{"a child that tries and goes on",
	 CONFIRM "section mutex 'gives up'; echo $?\n" SHOW_FINDINGS, 0, "0\n", NULL, 0},
	{"a handler that waits",
	 "timeout 60 " CONFIRM "section mutex covered; echo $?\n" SHOW_FINDINGS, 0, "0\n", NULL, 0},
	{"the status is that of the first run",
	 CONFIRM_UNMET("--fail-on=never section mutex status"), 0,
	 "7\nFC004 error confirmed confirmed True\n", NULL, 0},
	{"nothing to run again for", CONFIRM "ends exit 7; grep -c confirm_runs report.json", 1,
	 "0\n", NULL, 0},

	/* What the program gets. */
	{"standard input from a file is given again",
	 "printf abc >in; " CONFIRM_UNMET("section mutex input <in"), 0,
	 "66\nFC004 error confirmed confirmed True\n", NULL, 0},
	{"and from where it was",
	 "printf 'x\\nabc\\n' >in; { read line; " CONFIRM "section mutex input; } <in; echo $?\n",
	 0, "66\n", NULL, 0},
	/* One whose first run met the deadlock by itself has no further one. */
	{"a pipe cannot be given again",
	 "for run in 1 2 3; do printf abc | $FORKCHECK --quiet --confirm=1 section mutex input "
	 "2>said; status=$?; test -s said && break; done; cat said >&2; echo $status",
	 0, "66\n",
	 "^forkcheck: standard input is a pipe and cannot be given again: in further runs the "
	 "program reads on in it\n$",
	 1},
	{"a server gets its load in each run",
	 "mkfifo requests\n" CONFIRM
	 "--drive='echo $FORKCHECK_PID >>pids; for i in 1 2 3; do printf x; sleep 0.1; done "
	 ">requests' section mutex serve; echo $?\n" SHOW_FINDINGS
	 "test $(sort -u pids | wc -l) -ge 2 || cat pids",
	 0, "66\nFC004 error confirmed confirmed True\n", NULL, 0},

	/* The command of --drive. */
	{"its status counts where the program was told to end",
	 "$FORKCHECK --drive='exit 5' sleep 60", 5, "", NULL, 0},
	{"the program's own counts where it ends by itself",
	 "$FORKCHECK --drive='sleep 60' sh -c 'sleep 0.2; exit 6'", 6, "", NULL, 0},
	{"what it starts ends with the run",
	 "$FORKCHECK --drive='sleep 61 & echo $! >pid; sleep 60' sh -c 'until test -s pid; do "
	 "sleep "
	 "0.05; done'\n"
	 "kill -0 $(cat pid) 2>/dev/null; echo $?",
	 0, "1\n", NULL, 0},
	{"it is no process of the session",
	 "$FORKCHECK --require-observed --format=json -o report.json --drive='sleep 0.3' sleep "
	 "60; echo $?; grep -c '\"processes\": 1,' report.json",
	 0, "0\n1\n", NULL, 0},

	/* What is kept. */
	{"a kept session has all runs",
	 CONFIRM "--keep-session=s section mutex\n"
		 "$FORKCHECK report --format=json -o again.json s; echo $?\n"
		 "grep -c '\"certainty\": \"confirmed\"' again.json",
	 0, "66\n1\n", NULL, 0},
	{"Ctrl-C in a further run ends them all",
	 "(trap - INT; exec $FORKCHECK --confirm=100 --format=json -o report.json sh -c 'echo "
	 ">>runs; "
	 "section mutex anew; sleep 1') & until test -s runs && test $(wc -l <runs) -ge 2; do "
	 "sleep "
	 "0.05; done; kill -TERM $!; wait $!; wc -l <runs | tr -d ' '\n"
	 "grep -c '\"findings\"' report.json",
	 0, "2\n1\n", NULL, 0},
};

START_TEST(test_confirm)
{
	for (int i = run_repeats(); i > 0; i--)
		command_case_run(&cases[_i]);
}
END_TEST

Suite *confirm_runs_suite(void)
{
	Suite *suite = suite_create("confirm_runs");
	TCase *confirm = tcase_create("confirm_runs");

	tcase_set_timeout(confirm, 70.0 * run_repeats());
	tcase_add_loop_test(confirm, test_confirm, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, confirm);
	return suite;
}
