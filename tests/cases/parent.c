/*
 * forkcheck between a program and the world: signals, jobs, terminals, closed
 * streams, limits, what outlives the program.
 */
#include "../unit/suites.h"
#include "command.h"
#include "run.h"

/* A scene of terminal.py: it waits for each step. */
#define SCENE(mode) "/usr/bin/python3 $SCRIPTS/terminal.py " mode " $FORKCHECK"

/* forkcheck's status, the finding about a child, what was done to it. */
#define IN_NAMESPACE(command)                                                                      \
	"unshare -p -f true || exit 77\n"                                                          \
	"$FORKCHECK --format=json -o report.json unshare -p -f " command "\n"                      \
	"/usr/bin/python3 - $? <<-END\n"                                                           \
	"	import json, sys\n"                                                                      \
	"	finding = json.load(open('report.json'))['findings'][0]\n"                               \
	"	print(sys.argv[1], finding['code'], finding.get('action'))\n"                            \
	"END"

/* forkcheck's status, how many processes it saw, and whether nothing is missing. */
#define MANY(command)                                                                              \
	"$FORKCHECK --format=json -o report.json many " command "\n"                               \
	"/usr/bin/python3 - $? <<-END\n"                                                           \
	"	import json, sys\n"                                                                      \
	"	report = json.load(open('report.json'))\n"                                               \
	"	complete = str(report['run']['complete']).lower()\n"                                     \
	"	print(sys.argv[1], report['summary']['processes'], complete)\n"                          \
	"END"

static const struct command_case cases[] = {
	/* Signals and jobs. */
	{"Ctrl-C arrives once", SCENE("interrupt"), 0, "ok\n", NULL, 0},
	{"Ctrl-C ends both", SCENE("interrupted_by_default"), 0, "ok\n", NULL, 0},
	{"Ctrl-Z and fg", SCENE("stop"), 0, "ok\n", NULL, 0},
	{"a program that stops itself", SCENE("stop_itself"), 0, "ok\n", NULL, 0},
	{"a program that catches Ctrl-Z", SCENE("stop_caught"), 0, "ok\n", NULL, 0},
	{"Ctrl-Z without a shell", SCENE("stop_session_leader"), 0, "ok\n", NULL, 0},
	{"a shell with jobs of its own", SCENE("job_shell"), 0, "ok\n", NULL, 0},
	{"signals sent to forkcheck", SCENE("sent"), 0, "ok\n", NULL, 0},
	{"a signal ends both", SCENE("same_end"), 0, "ok\n", NULL, 0},

	/* Streams and descriptors. */
	{"closed streams stay closed",
	 "for i in 0 1 2; do eval \"\\$FORKCHECK sh -c 'test ! -e /proc/self/fd/$i' $i<&-\" "
	 "|| echo $i; done",
	 0, "", NULL, 0},
	{"all streams closed", "$FORKCHECK mutex normal hang <&- >&- 2>&-", 66, "", NULL, 0},
	{"a report beside closed streams",
	 "$FORKCHECK --format=json -o report.json mutex normal hang <&- >&- 2>&-; "
	 "grep -c orphaned-lock report.json",
	 0, "1\n", NULL, 0},
	{"the limit of descriptors is the program's own",
	 "ulimit -Sn 300; $FORKCHECK sh -c 'ulimit -Sn'", 0, "300\n", NULL, 0},

	/* What outlives the program. */
	{"a daemon is left running, and mentioned",
	 "mkfifo stay; $FORKCHECK sh -c '(exec setsid sh -c \"read x <stay\") & echo $! >pid'\n"
	 "echo $?; kill -0 $(cat pid) && echo alive; echo >stay",
	 0, "0\nalive\n",
	 "^forkcheck: 1 process outlived the program and is left running: [a-z]+\n? *"
	 "\\([0-9]+\\)\n$",
	 2},
	{"a daemon in the JSON report",
	 "mkfifo stay; $FORKCHECK --quiet --format=json -o report.json --keep-session=s "
	 "sh -c '(read x <stay) & echo $! >pid'; echo >stay\n"
	 "$FORKCHECK report --format=json -o again.json s; cmp report.json again.json\n"
	 "grep -A 3 left_running report.json | grep -c \"\\\"pid\\\": $(cat pid)\"",
	 0, "1\n", NULL, 0},
	{"a daemon that ends in time is nothing to mention",
	 "$FORKCHECK sh -c '(setsid sh -c \"kill -0 1\") &'", 0, "", NULL, 0},
	{"all are waited for where asked",
	 "mkfifo stay; $FORKCHECK --wait=all sh -c '(read x <stay; echo $x) & exit 3' & sleep 0\n"
	 "echo hello >stay; wait $!",
	 3, "hello\n", NULL, 0},
	{"a hung one is reported though its parent has gone", "$FORKCHECK orphan alone", 66, NULL,
	 "error FC002", 0},
	{"orphans are not ours where asked",
	 "mkfifo up done\n"
	 "cat >s <<-'END'\n"
	 "	(read x <up; me=$(exec sh -c 'echo $PPID'); sed -n 's/^PPid://p' /proc/$me/status "
	 ">parent\n"
	 "	echo >done) &\n"
	 "END\n"
	 "for tool in '' \"$FORKCHECK --no-subreaper\"; do\n"
	 "	$tool sh s; echo >up; read x <done; cat parent; done | uniq | wc -l",
	 0, "1\n", NULL, 0},

	/* Other views of the same processes. */
	{"a PID namespace: a pool", IN_NAMESPACE("pool hang"), 0, "66 FC002 killed\n", NULL, 0},
	{"a PID namespace: a lock", IN_NAMESPACE("mutex normal hang"), 0, "66 FC001 killed\n", NULL,
	 0},
	{"a PID namespace: nothing wrong", "$FORKCHECK unshare -p -f pool restarted || exit 77", 0,
	 "", NULL, 0},
	{"another user",
	 "chmod 755 . && setpriv --reuid=65534 --regid=65534 --clear-groups true || exit 77\n"
	 "$FORKCHECK setpriv --reuid=65534 --regid=65534 --clear-groups ends exit 7",
	 7, "", "not observed", 0},

	/* Limits of the program. */
	{"10,000 descriptors", "$FORKCHECK limits descriptors 10000", 0, "done\n", "warning FC005",
	 0},
	{"10,000 descriptors and a hang", "$FORKCHECK limits descriptors-hang 10000", 66, NULL,
	 "error FC001", 0},
	{"a limit of processes", "$FORKCHECK limits processes", 0, "done\n", NULL, 0},
	{"a limit of memory", "$FORKCHECK limits memory", 0, "done\n", NULL, 0},
	{"a limit of locked memory, alone", "limits locked-memory", 0, "done\n", NULL, 0},
	{"a limit of locked memory", "$FORKCHECK limits locked-memory", 0, "done\n", NULL, 0},

	/* Many processes. tests/bench/scale has the full numbers. */
	{"2,000 forks", MANY("forks 2000"), 0, "0 2001 true\n", NULL, 0},
	{"a tree 100 deep", MANY("deep 100"), 0, "0 101 true\n", NULL, 0},
	{"a hang 100 deep", MANY("hang-deep 100"), 0, "66 101 true\n", NULL, 0},
	{"300 processes at once", MANY("at-once 300"), 0, "0 301 true\n", NULL, 0},
	{"100 hangs at once", MANY("hang-at-once 100"), 0, "66 101 true\n", NULL, 0},
	{"all are in a kept session",
	 "$FORKCHECK --keep-session=s --format=json -o a.json many forks 2000\n"
	 "$FORKCHECK report --format=json -o b.json s; cmp a.json b.json",
	 0, "", NULL, 0},

	/* Options. */
	{"quiet", "$FORKCHECK --quiet mutex normal hang", 66, "", NULL, 0},
	{"quiet with a report",
	 "$FORKCHECK --quiet --format=json -o report.json mutex normal hang; echo $?\n"
	 "grep -c orphaned-lock report.json",
	 0, "66\n1\n", NULL, 0},
	{"quiet still complains", "$FORKCHECK --quiet ./missing", 127, "", "^forkcheck: [^\n]+\n$",
	 1},
	{"options of the environment",
	 "FORKCHECK_OPTIONS=\"--error-exitcode=9 --format=json  -o 'a b.json'\" "
	 "$FORKCHECK mutex normal hang; echo $?; grep -c orphaned-lock 'a b.json'",
	 0, "9\n1\n", NULL, 0},
	{"the command line wins",
	 "export FORKCHECK_OPTIONS='--error-exitcode=9 --format=json -o a.json'\n"
	 "$FORKCHECK --error-exitcode=8 --format=text -o b.txt mutex normal hang; echo $?\n"
	 "ls; grep -c 'error FC001' b.txt",
	 0, "8\nb.txt\nerrors\noutput\n1\n", NULL, 0},
	{"a bad option of the environment", "FORKCHECK_OPTIONS=--color=red $FORKCHECK true", 125,
	 "", "^forkcheck: FORKCHECK_OPTIONS: --color=red: [^\n]+\n$", 1},
	{"a program named report",
	 "printf '#!/bin/sh\\nexit 7\\n' >report; chmod +x report\n"
	 "PATH=$PWD:$PATH $FORKCHECK -- report",
	 7, "", NULL, 0},
};

START_TEST(test_parent)
{
	for (int i = run_repeats(); i > 0; i--)
		command_case_run(&cases[_i]);
}
END_TEST

Suite *parent_suite(void)
{
	Suite *suite = suite_create("parent");
	TCase *parent = tcase_create("parent");

	tcase_set_timeout(parent, 70.0 * run_repeats());
	tcase_add_loop_test(parent, test_parent, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, parent);
	return suite;
}
